import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { NoCloseAnswerFault } from "../frame-faults.ts";

/** Leaves a client that closes without an answer and without a FIN. */
export const noCloseAnswerFault: FaultDescription<NoCloseAnswerFault> = {
  kind: "no-close-answer",
  ids: ["F-16"],
  title: "Takes the client's Close frames away, so that its closing handshake never completes",
  schema: z.strictObject({ kind: z.literal("no-close-answer") }),
  layer: "frame",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["edit-messages"],
  fired: "a Close frame of the client's face that is dropped, and fault-applied at the first",
};
