import { stableJson } from "../../determinism/stable-json.ts";
import { type JsonObject, objectMember, parseJsonObject, textMember } from "../../protocol/json.ts";
import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";
import { labelsOfMessage } from "../tap/message-labels.ts";
import { behind, serverMessage } from "../tap/message-editor.ts";

/** Sends the last finished call of the session once more. */
export const repeatItem: FaultApplier = applierFor("repeat-item", async (fault, site) => {
  const { faces } = site.wire;
  const place = { connection: connectionOf(site), direction: "to-client" } as const;
  const call = faces.lastCall();
  if (call === undefined) throw new Error(`no function call has come to session ${site.wire.session} yet`);
  const said = fault.arguments === "same" ? call.message : withOtherArguments(call.message);
  await faces.insert(place, () => {
    const current = faces.oldestRequest(place.connection)?.response?.["id"];
    const isAtHome = current !== undefined && current === call.responseId;
    const message = isAtHome ? said : awayFromHome(said);
    const labels = { ...labelsOfMessage(message), ...(isAtHome ? { responseId: call.responseId } : {}) };
    const copy = serverMessage(message, behind(faces.lastUnit(place)), { altered: "injected", labels });
    return Array.from({ length: fault.times }, () => copy);
  });
  return { undo: async () => undefined };
});

/** Behind every item of a response that it does not belong to. */
const PLACE_OF_A_STRANGER = 1_000;

/**
 * The message as it comes outside of its own response: numbers of the old one would make those of the new one look like
 * repeats, which is another fault.
 */
function awayFromHome(message: JsonObject): JsonObject {
  const { sequence_number: _number, ...rest } = { sequence_number: undefined, ...message };
  return { ...rest, output_index: PLACE_OF_A_STRANGER };
}

/** The same call of the same operation, so that its effects are still known for what they are. */
function withOtherArguments(message: JsonObject): JsonObject {
  const item = objectMember(message, "item") ?? {};
  const given = parseJsonObject(textMember(item, "arguments") ?? "") ?? {};
  return { ...message, item: { ...item, arguments: stableJson({ ...given, again: true }) } };
}
