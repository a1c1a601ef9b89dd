import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { ForgetFault } from "../protocol-faults.ts";

/** Has a server that restarted behind a proxy, or evicted what it knew. */
export const forgetFault: FaultDescription<ForgetFault> = {
  kind: "forget",
  ids: ["F-42", "F-32"],
  title: "Lets the server forget the session's responses while its connections stay",
  schema: z.strictObject({
    kind: z.literal("forget"),
    what: z
      .enum(["connections", "store", "all"])
      .describe("what connections remember, what `store: true` keeps, or both"),
  }),
  layer: "protocol",
  appliedBy: "server",
  scope: "wire",
  needs: () => ["target-forget"],
  fired: "fault-applied, after the server has forgotten",
};
