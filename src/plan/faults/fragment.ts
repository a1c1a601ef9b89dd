import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { FragmentFault } from "../frame-faults.ts";

/** Cuts messages where a careless reader would cut characters. */
export const fragmentFault: FaultDescription<FragmentFault> = {
  kind: "fragment",
  ids: ["F-20"],
  title: "Cuts the next messages of the server into several frames, which RFC 6455 allows at any byte",
  schema: z.strictObject({
    kind: z.literal("fragment"),
    fragments: z.number().int().min(2).max(1_000).describe("frames per message"),
    cut: z
      .enum(["anywhere", "inside-character"])
      .describe("where the first cut is; messages without such a place stay whole"),
    pingBetween: z.boolean().describe("whether a ping stands behind the first frame"),
    messages: z.number().int().min(1).max(10_000).describe("how many messages"),
  }),
  layer: "frame",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["edit-messages"],
  fired: "messages of the client's face that are replaced, and fault-applied at the first",
};
