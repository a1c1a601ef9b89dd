import { z } from "zod";

import type { StatedError } from "./protocol-faults.ts";

/** The shape of an error that a fault states, with its bounds. */
export const StatedErrorSchema: z.ZodType<StatedError> = z.strictObject({
  code: z.string().min(1).max(256).nullable(),
  message: z.string().min(1).max(10_000),
  status: z.number().int().min(100).max(599).exactOptional(),
  type: z.string().min(1).max(256).exactOptional(),
  param: z.string().min(1).max(256).exactOptional(),
  retryAfterSeconds: z.number().int().min(0).max(86_400).exactOptional(),
  retryAfterMs: z.number().int().min(0).max(86_400_000).exactOptional(),
  form: z.enum(["nested", "flat", "message-only"]).exactOptional(),
});
