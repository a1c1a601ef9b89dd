import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";

/** Keeps one direction of a connection back. */
export const stall: FaultApplier = applierFor(
  "stall",
  async ({ direction }, site) => await site.wire.stall(direction, connectionOf(site)),
);
