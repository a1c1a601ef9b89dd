import { applierFor, type FaultApplier } from "../fault-applier.ts";

/** Disturbs the next answers that upgrade. */
export const upgrade: FaultApplier = applierFor(
  "upgrade",
  async ({ how, dials }, { wire }) => await wire.disturbUpgrades({ how, dials }),
);
