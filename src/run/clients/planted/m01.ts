import { isFunctionCallOutput } from "../../../protocol/items.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import { createRecovery, type Recovery } from "../../../responses-client/recovery.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: outputs wait in a queue until they are acknowledged, and a full input already holds them as well. */
const outputsFromTwoPlaces: Policy<Recovery> = (context) => {
  const usual = createRecovery()(context);
  let answered = { epoch: 0, historyLength: 0 };
  return {
    failed: (failure) => usual.failed(failure),
    completed(response) {
      answered = response;
      usual.completed(response);
    },
    compose(source) {
      const basis = usual.compose(source);
      if (source.epoch === answered.epoch || answered.historyLength === 0) return basis;
      const queue = source.history.slice(answered.historyLength).filter(isFunctionCallOutput);
      return { ...basis, input: [...basis.input, ...queue] };
    },
  };
};

/** M01 of failures.md §4: after a reconnect an output is sent from the history and from a queue. Violates INV-04. */
export const client: Client = adaptResponsesClient("planted:M01", { recovery: outputsFromTwoPlaces });
