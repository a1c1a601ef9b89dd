import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { CorruptFault } from "../frame-faults.ts";

/** Breaks one message; that must fail the attempt and not the process. */
export const corruptFault: FaultDescription<CorruptFault> = {
  kind: "corrupt",
  ids: ["F-13"],
  title: "Makes one byte wrong in the next message of the server",
  schema: z.strictObject({
    kind: z.literal("corrupt"),
    how: z.enum(["invalid-utf8", "not-json", "reserved-bit"]).describe("what is wrong then"),
  }),
  layer: "frame",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["edit-messages"],
  fired: "an event of the client's face that is replaced, and fault-applied",
};
