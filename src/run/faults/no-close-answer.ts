import { applierFor, type FaultApplier } from "../fault-applier.ts";
import { dropControlFrames } from "../tap/control-frames.ts";

/** Takes the client's Close frames away. */
export const noCloseAnswer: FaultApplier = applierFor("no-close-answer", async (_fault, { wire }) =>
  dropControlFrames(wire.faces, { direction: "to-server", opcode: "close" }),
);
