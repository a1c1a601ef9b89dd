import { applierFor, type FaultApplier, targetOf } from "../fault-applier.ts";

/** Does something to the container of the server; every session that asks for it shares one strike. */
export const container: FaultApplier = applierFor("container", async ({ action, store }, site) => {
  const change = await targetOf(site).disturbMachine?.({ action, keepsStore: store === "kept" });
  if (change === undefined) throw new Error("the server has no container of its own");
  return change;
});
