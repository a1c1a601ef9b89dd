import { isPreviousResponseNotFound } from "../../../protocol/error-shapes.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import { type CreateBasis, createRecovery, type Recovery } from "../../../responses-client/recovery.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: a create that failed waits in an outbox, and goes out as it is when there is a connection again. */
const sendTheSameAgain: Policy<Recovery> = (context) => {
  const usual = createRecovery()(context);
  let outbox: CreateBasis | undefined;
  return {
    compose(source) {
      outbox ??= usual.compose(source);
      return outbox;
    },
    completed(response) {
      outbox = undefined;
      usual.completed(response);
    },
    failed(failure) {
      if (failure.kind === "error-frame" && isPreviousResponseNotFound(failure.error)) outbox = undefined;
      if (failure.kind === "cancelled") outbox = undefined;
      usual.failed(failure);
    },
  };
};

/** M27: a continuation that failed is sent again on another connection, not composed anew. Violates INV-15. */
export const client: Client = adaptResponsesClient("planted:M27", { recovery: sendTheSameAgain });
