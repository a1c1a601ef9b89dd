import { textMember } from "../../../protocol/json.ts";
import { type Accumulation, createAccumulation } from "../../../responses-client/accumulation.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: a connection that was closed without an error has said all that it had to say. */
const believeCleanClose: Policy<Accumulation> = (context) => ({
  forRequest() {
    const usual = createAccumulation()(context).forRequest();
    let text = "";
    return {
      read(event) {
        if (event["type"] === "response.output_text.delta") text += textMember(event, "delta") ?? "";
        return usual.read(event);
      },
      interrupted(failure) {
        const wasClean = failure.kind === "connection-lost" && failure.closeCode === 1000;
        if (!wasClean || text === "") return usual.interrupted(failure);
        return { kind: "completed", items: [{ type: "message", role: "assistant", content: text }] };
      },
    };
  },
});

/** M13 of failures.md §4: takes a clean close for the end of the response. Violates INV-22. */
export const client: Client = adaptResponsesClient("planted:M13", { accumulation: believeCleanClose });
