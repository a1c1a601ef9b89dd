import { createLiveness } from "../../../responses-client/liveness.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

const NEVER_MS = 86_400_000;

/** M20 of failures.md §4: no idle timer, so a half-open connection is waited for without end. Violates INV-25. */
export const client: Client = adaptResponsesClient("planted:M20", {
  liveness: createLiveness({ pingIntervalMs: 0, idleDeadlineMs: NEVER_MS, progressDeadlineMs: NEVER_MS }),
});
