import { z } from "zod";

import { isSendableCloseCode } from "../../protocol/close-codes.ts";
import type { FaultDescription } from "../fault-description.ts";
import type { ErrorFault } from "../protocol-faults.ts";
import { StatedErrorSchema } from "../stated-error.ts";

/** Lets an error come from the server's side, to a request that is under way or to an idle connection. */
export const errorFault: FaultDescription<ErrorFault> = {
  kind: "error",
  ids: ["F-32", "F-33", "F-34", "F-38"],
  title: "Ends what is under way with an error frame, or sends one to an idle connection",
  schema: z.strictObject({
    kind: z.literal("error"),
    error: StatedErrorSchema,
    frames: z
      .enum(["error", "error-and-failed", "failed", "incomplete"])
      .describe(
        "`error` where absent; `failed` and `incomplete` need a response that has begun; `incomplete` takes the code for its reason",
      )
      .exactOptional(),
    close: z
      .number()
      .refine(
        (code) => code === 1005 || isSendableCloseCode(code),
        "must be a code that a Close frame may carry, or 1005",
      )
      .exactOptional(),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "connection",
  needs: (fault) => (fault.close === undefined ? ["edit-messages"] : ["edit-messages", "close-frame"]),
  fired: "the error that is injected at the client's face, then fault-applied",
};
