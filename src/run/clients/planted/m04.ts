import type { Policy } from "../../../responses-client/policy-context.ts";
import type { CompletedResponse, Recovery } from "../../../responses-client/recovery.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: what has been sent, and which id stands for it, are two variables, and a reconnect resets only one. */
const dropTheIdAlone: Policy<Recovery> = () => {
  let anchor: CompletedResponse | undefined;
  return {
    completed: (response) => void (anchor = response),
    failed: () => undefined,
    compose({ history, epoch }) {
      const input = history.slice(anchor?.historyLength ?? 0);
      if (anchor?.responseId === undefined || anchor.epoch !== epoch) return { store: false, input };
      return { store: false, previousResponseId: anchor.responseId, input };
    },
  };
};

/** M04 of failures.md §4: sends the new items alone without the id that they continue. Violates INV-13. */
export const client: Client = adaptResponsesClient("planted:M04", { recovery: dropTheIdAlone });
