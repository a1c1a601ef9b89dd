import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { UpgradeFault } from "../protocol-faults.ts";

/** Disturbs the handshake of dials that succeed. */
export const upgradeFault: FaultDescription<UpgradeFault> = {
  kind: "upgrade",
  ids: ["F-23"],
  title: "Lets the next answers that upgrade come late, or with a wrong Sec-WebSocket-Accept",
  schema: z.strictObject({
    kind: z.literal("upgrade"),
    how: z.union([
      z.literal("wrong-accept-key"),
      z.strictObject({ lateMs: z.number().int().min(1).max(50_000).describe("ms until the answer goes on") }),
    ]),
    dials: z.number().int().min(1).max(10_000).describe("how many answers"),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["disturb-upgrade"],
  fired: "fault-applied, when the first of these answers has come",
};
