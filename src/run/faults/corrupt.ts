import { createDeferred } from "../../determinism/waiting.ts";
import type { CorruptFault } from "../../plan/frame-faults.ts";
import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";
import { isInOneFrame, type PassingMessage } from "../tap/message-editor.ts";

/** Makes one byte of the next message wrong. */
export const corrupt: FaultApplier = applierFor("corrupt", async ({ how }, site) => {
  const struck = createDeferred<void>();
  let isDone = false;
  const editor = site.wire.faces.addEditor({
    direction: "to-client",
    connection: connectionOf(site),
    edit(message) {
      // A message in several frames keeps its payload in several places; the next one will do.
      if (isDone || message.unit.kind === "control" || !isInOneFrame(message)) return undefined;
      if (message.unit.frame.payloadSizeBytes === 0) return undefined;
      isDone = true;
      struck.resolve();
      const { frame } = message.unit;
      const unit = { frame, kind: "unreadable", sizeBytes: frame.payloadSizeBytes } as const;
      return { pieces: [{ unit, bytes: corrupted(message, how), altered: "replaced", labelsOf: message.unit }] };
    },
  });
  return { struck: struck.promise, undo: async () => editor.remove() };
});

/** What becomes no UTF-8 wherever it stands. */
const NO_UTF8 = 0xff;
const RESERVED_BIT_1 = 0x40;

function corrupted({ bytes, unit }: PassingMessage, how: CorruptFault["how"]): Buffer {
  const changed = Buffer.from(bytes);
  const payloadStart = changed.length - unit.frame.payloadSizeBytes;
  switch (how) {
    case "reserved-bit":
      changed.writeUInt8(changed.readUInt8(0) | RESERVED_BIT_1, 0);
      return changed;
    case "invalid-utf8":
      changed.writeUInt8(NO_UTF8, changed.length - 1);
      return changed;
    case "not-json":
      changed.write("#", payloadStart);
      return changed;
  }
}
