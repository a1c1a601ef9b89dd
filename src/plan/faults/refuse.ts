import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { RefuseFault } from "../wire-faults.ts";

/** Refuses dials as a server does that is not there. */
export const refuseFault: FaultDescription<RefuseFault> = {
  kind: "refuse",
  ids: ["F-10"],
  title: "Closes the session's port: open connections end with FIN, and dials are refused until it heals",
  schema: z.strictObject({ kind: z.literal("refuse") }),
  layer: "byte",
  appliedBy: "proxy",
  scope: "wire",
  needs: () => ["refuse-dial"],
  fired: "fault-applied, after the proxy was read back as closed; a refused dial itself leaves no trace",
};
