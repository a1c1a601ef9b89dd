import { createDeferred } from "../../determinism/waiting.ts";
import type { SequenceFault } from "../../plan/protocol-faults.ts";
import { objectMember, textMember } from "../../protocol/json.ts";
import { isTerminalEventType } from "../../protocol/server-events.ts";
import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";
import {
  again,
  asItCame,
  DROPPED,
  KEPT_BACK,
  type MessageEdit,
  type OutgoingPiece,
  type PassingMessage,
  serverMessage,
} from "../tap/message-editor.ts";

/** Puts one message of the server into another place, or none, or two. */
export const sequence: FaultApplier = applierFor("sequence", async (fault, site) => {
  const { faces } = site.wire;
  const connection = connectionOf(site);
  const struck = createDeferred<void>();
  const surgery = createSurgery(fault, () => struck.resolve());
  const editor = faces.addEditor({ direction: "to-client", connection, edit: (message) => surgery.edit(message) });
  return {
    struck: struck.promise,
    async undo() {
      if (surgery.isKeeping()) {
        // What waited for its place in vain comes now, because it was to be moved and not to be lost.
        await faces.insert({ connection, direction: "to-client" }, () => surgery.giveBack()).catch(() => undefined);
      }
      editor.remove();
    },
  };
});

type Surgery = {
  edit(message: PassingMessage): MessageEdit | undefined;
  isKeeping(): boolean;
  giveBack(): readonly OutgoingPiece[];
};

/** Works on the first message that it sees, and where something is kept for later on the one that it is kept for. */
function createSurgery(fault: SequenceFault, done: () => void): Surgery {
  let first: PassingMessage | undefined;
  let kept: OutgoingPiece | undefined;

  function giveBack(): readonly OutgoingPiece[] {
    const piece = kept;
    kept = undefined;
    return piece === undefined ? [] : [piece];
  }

  function begin(message: PassingMessage): MessageEdit | undefined {
    if (fault.what === "without-id" && responseOf(message) === undefined) return undefined;
    first = message;
    switch (fault.what) {
      case "drop":
        done();
        return DROPPED;
      case "duplicate":
        done();
        return { pieces: [asItCame(message), again(message, "injected")] };
      case "without-id":
        done();
        return { pieces: withoutId(message) };
      case "swap":
      case "late":
        kept = again(message, "moved");
        return KEPT_BACK;
      case "echo":
        kept = again(message, "injected");
        return { pieces: [asItCame(message)] };
    }
  }

  return {
    isKeeping: () => kept !== undefined,
    giveBack,
    edit(message) {
      if (message.unit.kind !== "message") return undefined;
      if (first === undefined) return begin(message);
      if (kept === undefined || !isPlaceOf(fault, message)) return undefined;
      done();
      const isBefore = "until" in fault && fault.until === "next-response";
      const pieces = giveBack();
      return { pieces: isBefore ? [...pieces, asItCame(message)] : [asItCame(message), ...pieces] };
    },
  };
}

/** Whether what is kept belongs beside this message. */
function isPlaceOf(fault: SequenceFault, { unit }: PassingMessage): boolean {
  if (unit.kind !== "message") return false;
  if (!("until" in fault)) return true;
  return fault.until === "end" ? isTerminalEventType(unit.type) : unit.type === "response.created";
}

function responseOf({ unit }: PassingMessage): object | undefined {
  const response = unit.kind === "message" ? objectMember(unit.body, "response") : undefined;
  return response === undefined || textMember(response, "id") === undefined ? undefined : response;
}

function withoutId(message: PassingMessage): readonly OutgoingPiece[] {
  const { unit } = message;
  if (unit.kind !== "message") return [];
  const { id: _id, ...response } = { id: undefined, ...responseOf(message) };
  return [serverMessage({ ...unit.body, response }, unit.frame, { altered: "replaced", labelsOf: unit })];
}
