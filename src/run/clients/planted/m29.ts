import { isMessage, messageText } from "../../../protocol/items.ts";
import { textMember } from "../../../protocol/json.ts";
import { type Accumulation, createAccumulation } from "../../../responses-client/accumulation.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

/** The bug: the text of a turn is collected in one place, and what a failed attempt put there stays there. */
const keepTextOfFailedAttempts: Policy<Accumulation> = (context) => {
  let kept = "";
  return {
    forRequest() {
      const usual = createAccumulation()(context).forRequest();
      let text = "";
      return {
        read(event) {
          if (event["type"] === "response.output_text.delta") text += textMember(event, "delta") ?? "";
          const progress = usual.read(event);
          if (progress.end?.kind !== "completed") return progress;
          const before = kept;
          kept = "";
          const items = progress.end.items.map((item) =>
            isMessage(item) ? { ...item, content: before + messageText(item) } : item,
          );
          return { ...progress, end: { ...progress.end, items } };
        },
        interrupted(failure) {
          kept = failure.kind === "cancelled" ? "" : kept + text;
          return usual.interrupted(failure);
        },
      };
    },
  };
};

/** M29: the answer begins with the half sentence of an attempt that failed. Violates INV-20. */
export const client: Client = adaptResponsesClient("planted:M29", { accumulation: keepTextOfFailedAttempts });
