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
  const message = fault.arguments === "same" ? call : withOtherArguments(call);
  await faces.insert(place, () => {
    const labels = labelsOfMessage(message);
    const copy = serverMessage(message, behind(faces.lastUnit(place)), { altered: "injected", labels });
    return Array.from({ length: fault.times }, () => copy);
  });
  return { undo: async () => undefined };
});

/** The same call of the same operation, so that its effects are still known for what they are. */
function withOtherArguments(message: JsonObject): JsonObject {
  const item = objectMember(message, "item") ?? {};
  const given = parseJsonObject(textMember(item, "arguments") ?? "") ?? {};
  return { ...message, item: { ...item, arguments: stableJson({ ...given, again: true }) } };
}
