import { createDeferred } from "../../determinism/waiting.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { AppliedChange } from "../backend.ts";
import { DROPPED } from "./message-editor.ts";
import type { MessageFaces } from "./message-faces.ts";

/** Takes control frames of one kind out of one direction of a session, until it is undone; struck at the first. */
export function dropControlFrames(
  faces: MessageFaces,
  which: { readonly direction: Direction; readonly opcode: "close" | "pong" },
): AppliedChange {
  const struck = createDeferred<void>();
  const editor = faces.addEditor({
    direction: which.direction,
    edit({ unit }) {
      if (unit.kind !== "control" || unit.opcode !== which.opcode) return undefined;
      struck.resolve();
      return DROPPED;
    },
  });
  return { struck: struck.promise, undo: async () => editor.remove() };
}
