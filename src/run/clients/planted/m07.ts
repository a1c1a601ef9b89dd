import { type Backoff, createBackoff } from "../../../responses-client/backoff.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_BACKOFF } from "../../responses-client-adapter.ts";

/** The bug: no failure is the last one. */
const endless: Policy<Backoff> = createBackoff({
  ...TEST_BACKOFF,
  attemptsMax: Number.POSITIVE_INFINITY,
  turnFailuresMax: Number.POSITIVE_INFINITY,
});

/** M07 of failures.md §4: retries for ever. Violates INV-34, and INV-23. */
export const client: Client = adaptResponsesClient("planted:M07", { backoff: endless });
