import { applierFor, type FaultApplier } from "../fault-applier.ts";

/** Puts a toxic on the session's wire. */
export const toxic: FaultApplier = applierFor(
  "toxic",
  async ({ type, direction, attributes }, site) => await site.wire.addToxic({ type, direction, attributes }),
);
