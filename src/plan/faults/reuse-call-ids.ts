import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { ReuseCallIdsFault } from "../protocol-faults.ts";

/** Has a server that mints the ids of its calls anew in each turn, as some providers do. */
export const reuseCallIdsFault: FaultDescription<ReuseCallIdsFault> = {
  kind: "reuse-call-ids",
  ids: ["F-37"],
  title:
    "Lets the server count the ids of the session's calls from one again, so that later calls come under known ids",
  schema: z.strictObject({ kind: z.literal("reuse-call-ids") }),
  layer: "protocol",
  appliedBy: "server",
  scope: "wire",
  needs: () => ["target-reuse-call-ids"],
  fired: "fault-applied, after the server has begun to count again",
};
