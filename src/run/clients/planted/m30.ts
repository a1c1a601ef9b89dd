import type { Policy } from "../../../responses-client/policy-context.ts";
import { createRecovery, type CreateBasis, type Recovery } from "../../../responses-client/recovery.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: what was under way when the connection broke waits in a queue, and is flushed onto the next one as it was. */
const flushUnreviewed: Policy<Recovery> = (context) => {
  const recovery = createRecovery()(context);
  let queued: CreateBasis | undefined;
  let underway: CreateBasis | undefined;
  return {
    compose(source) {
      underway = queued ?? recovery.compose(source);
      queued = undefined;
      return underway;
    },
    completed: (response) => recovery.completed(response),
    failed(failure) {
      if (failure.kind === "connection-lost" && failure.phase === "sent") queued = underway;
      recovery.failed(failure);
    },
  };
};

/** M30: sends the frame of a lost connection again on a new one, chained to what is gone. Violates INV-30. */
export const client: Client = adaptResponsesClient("planted:M30", { recovery: flushUnreviewed });
