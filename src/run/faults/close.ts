import { applierFor, connectionOf, type FaultApplier } from "../fault-applier.ts";

/** Closes the connection that the anchor was reached on, with a code. */
export const close: FaultApplier = applierFor(
  "close",
  async (fault, site) =>
    await site.wire.closeWithFrame({ code: fault.code, reason: fault.reason ?? "" }, connectionOf(site)),
);
