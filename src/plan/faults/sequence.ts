import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { SequenceFault } from "../protocol-faults.ts";

/** Leaves out, doubles, moves or maims one message of the server. */
export const sequenceFault: FaultDescription<SequenceFault> = {
  kind: "sequence",
  ids: ["F-36", "F-38"],
  title: "Drops, duplicates, swaps, delays, echoes or maims the next message of the server behind the anchor",
  schema: z.discriminatedUnion("what", [
    z.strictObject({
      kind: z.literal("sequence"),
      what: z
        .enum(["drop", "duplicate", "swap", "without-id"])
        .describe("`swap`: the message behind it comes first; `without-id`: the next one with a response loses its id"),
    }),
    z.strictObject({
      kind: z.literal("sequence"),
      what: z.enum(["late", "echo"]).describe("`late`: the message itself is moved; `echo`: a copy of it comes there"),
      until: z
        .enum(["end", "next-response"])
        .describe("behind the end of its response, or before the beginning of the next one on this connection"),
    }),
  ]),
  layer: "protocol",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["edit-messages"],
  fired: "a message that is dropped, injected, moved or replaced at a face, and fault-applied when that is done",
};
