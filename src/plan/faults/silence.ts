import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { SilenceFault } from "../protocol-faults.ts";

/** Makes a peer that is alive and says nothing. */
export const silenceFault: FaultDescription<SilenceFault> = {
  kind: "silence",
  ids: ["F-40"],
  title: "Keeps the server's messages back until it heals, while TCP is alive and pings are answered",
  schema: z.strictObject({
    kind: z.literal("silence"),
    pingEveryMs: z
      .number()
      .int()
      .min(1)
      .max(600_000)
      .describe("ms between pings to the client meanwhile; none where absent")
      .exactOptional(),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["edit-messages"],
  fired: "fault-applied; what was kept back is moved at the client's face when it heals",
};
