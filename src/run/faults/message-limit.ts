import { createDeferred } from "../../determinism/waiting.ts";
import { applierFor, type FaultApplier } from "../fault-applier.ts";
import { DROPPED } from "../tap/message-editor.ts";

/** Takes no message of the client that is longer than the limit. */
export const messageLimit: FaultApplier = applierFor("message-limit", async ({ sizeBytes }, { wire }) => {
  const struck = createDeferred<void>();
  const editor = wire.faces.addEditor({
    direction: "to-server",
    edit({ unit, bytes, connection }) {
      const isShort = unit.kind === "control" || unit.frame.payloadSizeBytes <= sizeBytes;
      if (isShort || bytes.length <= sizeBytes) return undefined;
      wire.closeWithFrame({ code: 1009, reason: "message too big" }, connection).then(
        () => struck.resolve(),
        // The connection was gone before: then the client has left and was told nothing.
        () => undefined,
      );
      return DROPPED;
    },
  });
  return { struck: struck.promise, undo: async () => editor.remove() };
});
