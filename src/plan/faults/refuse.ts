import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { RefuseFault } from "../wire-faults.ts";

/** Refuses dials as a server does that is not there. */
export const refuseFault: FaultDescription<RefuseFault> = {
  kind: "refuse",
  ids: ["F-10"],
  title:
    "Closes the session's port: open connections end with FIN, and until it heals dials are refused or get no answer at all; one that is waiting then is answered when its SYN comes again, 1, 3, 7, 15, 31 or 63 s after it began, and fails after 127 s",
  schema: z.strictObject({
    kind: z.literal("refuse"),
    how: z
      .literal("unanswered")
      .describe("no answer at all, in the simulation alone; absent: dials are refused by the kernel")
      .exactOptional(),
  }),
  layer: "byte",
  appliedBy: "proxy",
  scope: "wire",
  needs: ({ how }) => [how === "unanswered" ? "ignore-dial" : "refuse-dial"],
  fired:
    "fault-applied, after the proxy was read back as closed; a refused dial itself leaves no trace, and each one without an answer is dial-unanswered, without which the fault was missed",
};
