import type { AttributionSource } from "../../../responses-client/attribution.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: whatever comes while a request runs is its answer, and a response that was given up leaves nothing behind. */
const takeWhateverComes: Policy<AttributionSource> = () => ({
  forConnection() {
    let isCreated = false;
    return {
      requestStarted: () => void (isCreated = false),
      isCreated: () => isCreated,
      abandoned: () => "keep",
      ownerOf(event, isRequestRunning) {
        if (event["type"] === "response.created") isCreated = true;
        return isRequestRunning ? "request" : "nobody";
      },
    };
  },
});

/** M17 of failures.md §4: takes the end of an earlier response for the answer to the next request. Violates INV-17. */
export const client: Client = adaptResponsesClient("planted:M17", { attribution: takeWhateverComes });
