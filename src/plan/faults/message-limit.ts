import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { MessageLimitFault } from "../frame-faults.ts";

/** Has a peer that takes no long messages. */
export const messageLimitFault: FaultDescription<MessageLimitFault> = {
  kind: "message-limit",
  ids: ["F-21"],
  title: "Answers a message of the client that is too long with Close 1009; the server never has it",
  schema: z.strictObject({
    kind: z.literal("message-limit"),
    sizeBytes: z.number().int().min(1).max(1_073_741_824).describe("bytes of the longest message that passes"),
  }),
  layer: "frame",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["edit-messages", "close-frame"],
  fired: "a message of the client's face that is dropped, and fault-applied at the first",
};
