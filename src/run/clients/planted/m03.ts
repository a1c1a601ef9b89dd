import { isPreviousResponseNotFound } from "../../../protocol/error-shapes.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { CompletedResponse, Recovery } from "../../../responses-client/recovery.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: the id belongs to the session, so it goes along to whatever connection comes next. */
const carryTheIdOver: Policy<Recovery> = () => {
  let anchor: CompletedResponse | undefined;
  return {
    completed: (response) => void (anchor = response),
    failed(failure) {
      if (failure.kind === "error-frame" && isPreviousResponseNotFound(failure.error)) anchor = undefined;
    },
    compose({ history }) {
      if (anchor?.responseId === undefined) return { store: false, input: history };
      return { store: false, previousResponseId: anchor.responseId, input: history.slice(anchor.historyLength) };
    },
  };
};

/** M03 of failures.md §4: names a response that was not stored on another connection. Violates INV-12. */
export const client: Client = adaptResponsesClient("planted:M03", { recovery: carryTheIdOver });
