import { type Backoff, createBackoff } from "../../../responses-client/backoff.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_BACKOFF } from "../../responses-client-adapter.ts";

/** The bug: an open connection counts as success, and the row of failures starts again. */
const resetOnOpen: Policy<Backoff> = (context) => {
  const backoff = createBackoff(TEST_BACKOFF)(context);
  return { ...backoff, connected: () => backoff.completed() };
};

/** M06 of failures.md §4: resets the backoff on open instead of on success. Violates INV-33. */
export const client: Client = adaptResponsesClient("planted:M06", { backoff: resetOnOpen });
