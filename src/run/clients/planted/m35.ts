import { type Backoff, createBackoff } from "../../../responses-client/backoff.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_BACKOFF } from "../../responses-client-adapter.ts";

/** The bug: every failure is the same to it, whatever the server said of the time to wait. */
const ignoreHints: Policy<Backoff> = (context) => {
  const backoff = createBackoff(TEST_BACKOFF)(context);
  return { ...backoff, failed: () => backoff.failed({ kind: "connect-failed", message: "" }) };
};

/** M35: does not look at Retry-After. Violates INV-35. */
export const client: Client = adaptResponsesClient("planted:M35", { backoff: ignoreHints });
