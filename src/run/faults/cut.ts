import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";

/** Cuts the connection that the anchor was reached on. */
export const cut: FaultApplier = applierFor(
  "cut",
  async (fault, site) => await site.wire.cut(fault.mode, connectionOf(site)),
);
