import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { FreezeFault } from "../protocol-faults.ts";

/** Has a server that hangs while its kernel keeps the connection. */
export const freezeFault: FaultDescription<FreezeFault> = {
  kind: "freeze",
  ids: ["F-40"],
  title: "Stops the server on the session's connections: nothing is read, written or answered until it heals",
  schema: z.strictObject({ kind: z.literal("freeze") }),
  layer: "protocol",
  appliedBy: "server",
  scope: "wire",
  needs: () => ["target-freeze"],
  fired: "fault-applied, after the server has stopped on one connection or more",
};
