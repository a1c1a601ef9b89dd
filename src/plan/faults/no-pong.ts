import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { NoPongFault } from "../frame-faults.ts";

/** Leaves pings without an answer. */
export const noPongFault: FaultDescription<NoPongFault> = {
  kind: "no-pong",
  ids: ["F-17"],
  title: "Takes the server's pongs away",
  schema: z.strictObject({ kind: z.literal("no-pong") }),
  layer: "frame",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["edit-messages"],
  fired: "a pong of the server's face that is dropped, and fault-applied at the first",
};
