import { z } from "zod";

import { CLOSE_REASON_SIZE_BYTES_MAX, isSendableCloseCode } from "../../protocol/close-codes.ts";
import type { FaultDescription } from "../fault-description.ts";
import type { CloseFault } from "../frame-faults.ts";

/** Closes one WebSocket connection from the server's side with a chosen code. */
export const closeFault: FaultDescription<CloseFault> = {
  kind: "close",
  ids: ["F-15", "F-23", "F-30"],
  title: "Sends a Close frame with a code and a reason to the client, and nothing of the server behind it but its FIN",
  schema: z.strictObject({
    kind: z.literal("close"),
    code: z
      .number()
      .refine(
        (code) => code === 1005 || isSendableCloseCode(code),
        "must be a code that a Close frame may carry (RFC 6455 §7.4), or 1005 for a frame without one",
      )
      .describe("a code that may be sent (RFC 6455 §7.4), or 1005 for a frame without one"),
    reason: z
      .string()
      .refine((reason) => Buffer.byteLength(reason) <= CLOSE_REASON_SIZE_BYTES_MAX, "at most 123 bytes of UTF-8")
      .describe("at most 123 bytes of UTF-8")
      .exactOptional(),
  }),
  layer: "frame",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["close-frame"],
  fired: "fault-applied, after the kernel took the frame's last byte",
};
