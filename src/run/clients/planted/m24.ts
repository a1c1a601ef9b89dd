import { type Backoff, createBackoff } from "../../../responses-client/backoff.ts";
import { describeFailure } from "../../../responses-client/failure.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_BACKOFF } from "../../responses-client-adapter.ts";

/** The bug: failures are expected from a running request alone; one of an idle connection is thrown out of its event. */
const expectRequests: Policy<Backoff> = (context) => {
  const backoff = createBackoff(TEST_BACKOFF)(context);
  return {
    ...backoff,
    failed(failure) {
      if (failure.kind === "connection-lost" && failure.phase === "idle") throw new Error(describeFailure(failure));
      return backoff.failed(failure);
    },
  };
};

/** M24 of failures.md §4: an error on an idle connection crashes the process. Violates INV-42, and INV-24. */
export const client: Client = adaptResponsesClient("planted:M24", { backoff: expectRequests });
