import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { SequenceFault } from "../protocol-faults.ts";

/** Leaves out, doubles, moves or maims one message of the server. */
export const sequenceFault: FaultDescription<SequenceFault> = {
  kind: "sequence",
  ids: ["F-36", "F-38"],
  title: "Drops, duplicates, swaps, delays, echoes or maims the next message of the server behind the anchor",
  schema: z.discriminatedUnion("what", [
    z.strictObject({ kind: z.literal("sequence"), what: z.enum(["drop", "duplicate", "swap", "without-id"]) }),
    z.strictObject({
      kind: z.literal("sequence"),
      what: z.enum(["late", "echo"]),
      until: z.enum(["end", "next-response"]),
    }),
  ]),
  layer: "protocol",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["edit-messages"],
  fired: "a message that is dropped, injected, moved or replaced at a face, and fault-applied when that is done",
};
