import { applierFor, type FaultApplier, targetOf } from "../fault-applier.ts";

/** Lets the server count call ids from one again. Ids that were given out stay given out, so there is nothing to undo. */
export const reuseCallIds: FaultApplier = applierFor("reuse-call-ids", async (_fault, site) => {
  await targetOf(site).reuseCallIds(site.wire.session);
  return { undo: async () => undefined };
});
