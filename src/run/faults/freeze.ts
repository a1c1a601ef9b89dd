import { applierFor, type FaultApplier, targetOf } from "../fault-applier.ts";

/** Stops the server on the connections that the session has now. */
export const freeze: FaultApplier = applierFor("freeze", async (_fault, site) => {
  const { session } = site.wire;
  const target = targetOf(site);
  if ((await target.freeze(session)) === 0) throw new Error(`session ${session} has no open connection to stop`);
  return { undo: async () => await target.thaw(session) };
});
