import { applierFor, type FaultApplier } from "../fault-applier.ts";

/** Steps the wall clock of the client's process; healing steps it back by as much. */
export const clockStep: FaultApplier = applierFor("clock-step", async ({ byMs }, { client }) => {
  if (client?.stepWallClock?.(byMs) !== true) throw new Error("there is no client whose wall clock could be stepped");
  return { undo: async () => void client.stepWallClock?.(-byMs) };
});
