import { isPreviousResponseNotFound } from "../../../protocol/error-shapes.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import { type CompletedResponse, createRecovery, type Recovery } from "../../../responses-client/recovery.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: the answer that a previous response is not known is taken for a failure like any other of this attempt. */
const keepWhatIsNotFound: Policy<Recovery> = (context) => {
  const usual = createRecovery()(context);
  let latest: CompletedResponse | undefined;
  return {
    compose: (source) => usual.compose(source),
    completed(response) {
      latest = response;
      usual.completed(response);
    },
    failed(failure) {
      usual.failed(failure);
      const isNotFound = failure.kind === "error-frame" && isPreviousResponseNotFound(failure.error);
      if (isNotFound && latest !== undefined) usual.completed(latest);
    },
  };
};

/** M02 of failures.md §4: names a previous response again that the server does not know. Violates INV-14. */
export const client: Client = adaptResponsesClient("planted:M02", { recovery: keepWhatIsNotFound });
