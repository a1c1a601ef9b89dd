import { type JsonObject, objectMember, parseJsonObject, textMember } from "../../../protocol/json.ts";
import { type Accumulation, createAccumulation } from "../../../responses-client/accumulation.ts";
import type { Policy } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient } from "../../responses-client-adapter.ts";

type OpenCall = { readonly callId: string; readonly name: string; partial: string };

/** The bug: a stream that ends within the arguments of a call is a response, once its JSON is closed. */
const mendArguments: Policy<Accumulation> = (context) => ({
  forRequest() {
    const usual = createAccumulation()(context).forRequest();
    let open: OpenCall | undefined;
    return {
      read(event) {
        const item = event["type"] === "response.output_item.added" ? objectMember(event, "item") : undefined;
        if (item?.["type"] === "function_call") open = openCallOf(item);
        if (event["type"] === "response.output_item.done") open = undefined;
        if (event["type"] === "response.function_call_arguments.delta" && open !== undefined) {
          open.partial += textMember(event, "delta") ?? "";
        }
        return usual.read(event);
      },
      interrupted(failure) {
        if (open === undefined || open.partial === "" || failure.kind === "cancelled")
          return usual.interrupted(failure);
        const { callId, name, partial } = open;
        const item = { type: "function_call", call_id: callId, name, arguments: mended(partial) };
        return { kind: "completed", items: [item] };
      },
    };
  },
});

function openCallOf(item: JsonObject): OpenCall {
  return { callId: textMember(item, "call_id") ?? "", name: textMember(item, "name") ?? "", partial: "" };
}

/** The partial text with the first ending that makes an object of it. */
function mended(partial: string): string {
  const endings = ["", '"}', "}", '":""}', '""}', "0}"];
  return endings.map((ending) => partial + ending).find((text) => parseJsonObject(text) !== undefined) ?? "{}";
}

/** M12 of failures.md §4: runs a tool on arguments that were cut off and mended. Violates INV-05. */
export const client: Client = adaptResponsesClient("planted:M12", { accumulation: mendArguments });
