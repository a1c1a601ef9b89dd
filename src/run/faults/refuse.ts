import { applierFor, type FaultApplier } from "../fault-applier.ts";

/** Closes the port of the session's wire. */
export const refuse: FaultApplier = applierFor("refuse", async ({ how }, { wire }) => await wire.refuseDials(how));
