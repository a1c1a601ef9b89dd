import { z } from "zod";

import type { StatedError } from "./protocol-faults.ts";

/** The shape of an error that a fault states, with its bounds. */
export const StatedErrorSchema: z.ZodType<StatedError> = z.strictObject({
  code: z.string().min(1).max(256).nullable(),
  message: z.string().min(1).max(10_000),
  status: z.number().int().min(100).max(599).describe("400 where absent").exactOptional(),
  type: z.string().min(1).max(256).describe("`invalid_request_error` where absent").exactOptional(),
  param: z.string().min(1).max(256).exactOptional(),
  retryAfterSeconds: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .describe("seconds, in the header `retry-after`")
    .exactOptional(),
  retryAfterMs: z.number().int().min(0).max(86_400_000).describe("ms, in the header `retry-after-ms`").exactOptional(),
  form: z.enum(["nested", "flat", "message-only"]).describe("`nested` where absent").exactOptional(),
});
