import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { RejectFault } from "../protocol-faults.ts";

/** Turns the next dials away. */
export const rejectFault: FaultDescription<RejectFault> = {
  kind: "reject",
  ids: ["F-10", "F-23"],
  title: "Accepts the next dials and resets them, never answers, or answers their upgrade with an HTTP status",
  schema: z.strictObject({
    kind: z.literal("reject"),
    how: z.union([
      z.enum(["reset", "silence"]),
      z.strictObject({
        status: z.number().int().min(300).max(599),
        retryAfterSeconds: z
          .number()
          .int()
          .min(0)
          .max(86_400)
          .describe("seconds, in the header Retry-After")
          .exactOptional(),
        location: z
          .string()
          .regex(/^[\x21-\x7e]{1,2048}$/, "an address without spaces")
          .exactOptional(),
      }),
    ]),
    dials: z.number().int().min(1).max(10_000).describe("how many dials"),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["reject-dial"],
  fired: "dial-rejected, once for each dial that was turned away",
};
