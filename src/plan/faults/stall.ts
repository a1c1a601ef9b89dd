import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { StallFault } from "../wire-faults.ts";

/** Silences one direction, as a broken route does. */
export const stallFault: FaultDescription<StallFault> = {
  kind: "stall",
  ids: ["F-05", "F-06"],
  title: "Keeps one direction of one connection back, without loss; the other direction goes on",
  schema: z.strictObject({ kind: z.literal("stall"), direction: z.enum(["to-client", "to-server"]) }),
  layer: "byte",
  appliedBy: "proxy",
  scope: "connection",
  needs: () => ["stall"],
  fired: "fault-applied, after the proxy read the change back",
};
