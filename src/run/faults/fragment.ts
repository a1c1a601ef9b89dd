import { createDeferred } from "../../determinism/waiting.ts";
import type { FragmentFault } from "../../plan/frame-faults.ts";
import { encodeServerFrame } from "../../protocol/frame-encoder.ts";
import { OPCODE } from "../../protocol/frame-scanner.ts";
import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";
import { isInOneFrame } from "../tap/message-editor.ts";

/** Cuts the next messages into several frames. */
export const fragment: FaultApplier = applierFor("fragment", async (fault, site) => {
  const struck = createDeferred<void>();
  let left = fault.messages;
  const editor = site.wire.faces.addEditor({
    direction: "to-client",
    connection: connectionOf(site),
    edit(message) {
      const { unit } = message;
      if (left === 0 || unit.kind !== "message" || !isInOneFrame(message)) return undefined;
      const cuts = cutsOf(unit.frame.payload, fault);
      if (cuts === undefined) return undefined;
      left -= 1;
      struck.resolve();
      const bytes = fragmentsOf(unit.frame.payload, cuts, fault.pingBetween);
      return { pieces: [{ unit, bytes, altered: "replaced" }] };
    },
  });
  return {
    struck: struck.promise,
    shortfall: () => (left === 0 ? undefined : `${left} of ${fault.messages} messages did not come to be cut`),
    undo: async () => editor.remove(),
  };
});

/** Where to cut, in rising order; undefined where the message stays whole. */
function cutsOf(payload: Buffer, { fragments, cut }: FragmentFault): readonly number[] | undefined {
  const evenly = Array.from({ length: fragments - 1 }, (_, index) =>
    Math.floor(((index + 1) * payload.length) / fragments),
  );
  if (payload.length < fragments) return undefined;
  if (cut === "anywhere") return evenly;
  const inside = payload.findIndex((byte) => (byte & 0xc0) === 0x80);
  return inside === -1 ? undefined : [...new Set([inside, ...evenly.slice(1)])].toSorted((one, other) => one - other);
}

function fragmentsOf(payload: Buffer, cuts: readonly number[], pingBetween: boolean): Buffer {
  const starts = [0, ...cuts];
  const frames = starts.map((start, index) =>
    encodeServerFrame({
      opcode: index === 0 ? OPCODE.text : OPCODE.continuation,
      payload: payload.subarray(start, starts[index + 1]),
      isFinal: index === starts.length - 1,
    }),
  );
  const [first = Buffer.alloc(0), ...others] = frames;
  const ping = pingBetween ? [encodeServerFrame({ opcode: OPCODE.ping, payload: Buffer.alloc(0) })] : [];
  return Buffer.concat([first, ...ping, ...others]);
}
