import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { RepeatItemFault } from "../protocol-faults.ts";

/** Delivers a call again, as a server or a proxy does that replays. */
export const repeatItemFault: FaultDescription<RepeatItemFault> = {
  kind: "repeat-item",
  ids: ["F-35"],
  title: "Sends the last finished function call once more, whatever connection it came on",
  schema: z.strictObject({
    kind: z.literal("repeat-item"),
    arguments: z.enum(["same", "other"]).describe("`other`: of the same operation, under the same call_id"),
    times: z.number().int().min(1).max(1_000).describe("how often"),
  }),
  layer: "protocol",
  appliedBy: "face",
  scope: "connection",
  needs: () => ["edit-messages"],
  fired: "messages of the client's face that are injected, then fault-applied",
};
