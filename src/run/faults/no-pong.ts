import { applierFor, type FaultApplier } from "../fault-applier.ts";
import { dropControlFrames } from "../tap/control-frames.ts";

/** Takes pongs of the server away. */
export const noPong: FaultApplier = applierFor("no-pong", async (_fault, { wire }) =>
  dropControlFrames(wire.faces, { direction: "to-client", opcode: "pong" }),
);
