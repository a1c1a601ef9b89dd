import { isMessage } from "../../../protocol/items.ts";
import { textMember } from "../../../protocol/json.ts";
import { type Accumulation, createAccumulation } from "../../../responses-client/accumulation.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: the answer is the sum of its deltas, whatever their sequence numbers and the finished item say. */
const addUpDeltas: Policy<Accumulation> = (context) => ({
  forRequest() {
    const usual = createAccumulation()(context).forRequest();
    let sum = "";
    return {
      interrupted: (failure) => usual.interrupted(failure),
      read(event) {
        const text = event["type"] === "response.output_text.delta" ? textMember(event, "delta") : undefined;
        sum += text ?? "";
        const { end } = usual.read(event);
        const shown = text === undefined ? {} : { text };
        if (end?.kind !== "completed" || sum === "") return { ...shown, ...(end === undefined ? {} : { end }) };
        const items = end.items.map((item) => (isMessage(item) ? { ...item, content: sum } : item));
        return { ...shown, end: { ...end, items } };
      },
    };
  },
});

/** M28: a delta that comes twice is shown twice, one that is missing stays missing. Violates INV-19. */
export const client: Client = adaptResponsesClient("planted:M28", { accumulation: addUpDeltas });
