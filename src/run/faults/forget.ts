import { applierFor, type FaultApplier, targetOf } from "../fault-applier.ts";

/** Lets the server forget. What is forgotten does not come back, so there is nothing to undo. */
export const forget: FaultApplier = applierFor("forget", async ({ what }, site) => {
  await targetOf(site).forget(site.wire.session, what);
  return { undo: async () => undefined };
});
