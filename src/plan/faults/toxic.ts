import { z } from "zod";

import type { ToxicFault } from "../fault.ts";
import type { Capability, FaultDescription } from "../fault-description.ts";

const CAPABILITY_OF_TYPE = {
  latency: "toxic-latency",
  limit_data: "toxic-limit-data",
  timeout: "toxic-timeout",
} as const satisfies Record<string, Capability>;

type ToxicType = keyof typeof CAPABILITY_OF_TYPE;
const TOXIC_TYPES: readonly ToxicType[] = ["latency", "limit_data", "timeout"];

/** Puts one of Toxiproxy's toxics on the session's wire, under Toxiproxy's own names and units. */
export const toxicFault: FaultDescription<ToxicFault> = {
  kind: "toxic",
  ids: ["F-07", "F-08", "F-12"],
  title: "Adds a toxic of Toxiproxy to one direction of the session's wire",
  schema: z.strictObject({
    kind: z.literal("toxic"),
    type: z.enum(TOXIC_TYPES),
    direction: z.enum(["to-client", "to-server"]),
    attributes: z.record(z.string(), z.number().min(0)),
  }),
  layer: "byte",
  appliedBy: "proxy",
  scope: "wire",
  needs: (fault) => [CAPABILITY_OF_TYPE[fault.type as ToxicType]],
  fired: "fault-applied, after the proxy read the toxic back",
};
