import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { RefuseCreateFault } from "../protocol-faults.ts";
import { StatedErrorSchema } from "../stated-error.ts";

/** Answers creates in the server's place. */
export const refuseCreateFault: FaultDescription<RefuseCreateFault> = {
  kind: "refuse-create",
  ids: ["F-32", "F-33", "F-34"],
  title: "Answers the next creates with an error; the server never has them",
  schema: z.strictObject({
    kind: z.literal("refuse-create"),
    error: StatedErrorSchema,
    creates: z
      .enum(["any", "chained"])
      .describe(
        "`chained`: with a `previous_response_id`; an id that was refused once stays refused until the fault heals",
      ),
    times: z.number().int().min(1).max(1_000).describe("how many creates"),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "wire",
  needs: () => ["edit-messages"],
  fired: "a create of the client's face that is dropped, its error that is injected there, then fault-applied",
};
