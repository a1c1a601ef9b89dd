import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { ContainerFault } from "../process-faults.ts";

/** Has the whole machine of the server, as an orchestrator or a network does, for every session at once. */
export const containerFault: FaultDescription<ContainerFault> = {
  kind: "container",
  ids: ["F-40", "F-42"],
  title:
    "Pauses the server's container, kills it until it heals, restarts it, or takes it off the network; what its connections remembered is gone after a kill, and what it stored unless that is kept",
  schema: z.strictObject({
    kind: z.literal("container"),
    action: z.enum(["pause", "kill", "restart", "disconnect"]),
    store: z
      .enum(["kept", "lost"])
      .describe("what was stored, when the process is killed; absent: lost")
      .exactOptional(),
  }),
  layer: "process",
  appliedBy: "container",
  scope: "wire",
  needs: ({ action }) => [`container-${action}`],
  fired: "fault-applied, after the container engine was read back",
};
