import { type Backoff, createBackoff } from "../../../responses-client/backoff.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_BACKOFF } from "../../responses-client-adapter.ts";

/** The bug: one second after each failure, for everybody. */
const constantDelay: Policy<Backoff> = createBackoff({
  ...TEST_BACKOFF,
  baseMs: 1_000,
  factor: 1,
  capMs: 1_000,
  jitter: "none",
});

/** M05 of failures.md §4: constant backoff without jitter. Violates INV-32, and INV-31. */
export const client: Client = adaptResponsesClient("planted:M05", { backoff: constantDelay });
