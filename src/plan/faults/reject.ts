import { z } from "zod";

import type { RejectFault } from "../fault.ts";
import type { FaultDescription } from "../fault-description.ts";

/** Turns the next dials away. */
export const rejectFault: FaultDescription<RejectFault> = {
  kind: "reject",
  ids: ["F-10", "F-23"],
  title: "Accepts the next dials and resets them, or answers their upgrade with an HTTP status",
  schema: z.strictObject({
    kind: z.literal("reject"),
    how: z.union([
      z.literal("reset"),
      z.strictObject({
        status: z.number().int().min(400).max(599),
        retryAfterSeconds: z.number().int().min(0).max(86_400).exactOptional(),
      }),
    ]),
    dials: z.number().int().min(1).max(10_000),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["reject-dial"],
  fired: "dial-rejected, once for each dial that was turned away",
};
