import { z } from "zod";

import type { FaultDescription } from "../fault-description.ts";
import type { ClockStepFault } from "../process-faults.ts";

/** A day: what is set right by more was never set at all. */
const STEP_MS_MAX = 86_400_000;

/** Steps the client's wall clock, as setting it does: whoever reckons waits and ages by it goes wrong. */
export const clockStepFault: FaultDescription<ClockStepFault> = {
  kind: "clock-step",
  ids: ["F-48"],
  title:
    "Steps the wall clock of the client's process (`Date`), and steps it back when it heals; its monotonic clock (`performance.now`, `process.hrtime`) and its timers go on evenly, and so does all time that is recorded. Only in the simulation",
  schema: z.strictObject({
    kind: z.literal("clock-step"),
    byMs: z
      .number()
      .int()
      .min(-STEP_MS_MAX)
      .max(STEP_MS_MAX)
      .refine((byMs) => byMs !== 0, "a step of 0 ms is none")
      .describe("ms, forwards or, below 0, backwards"),
  }),
  layer: "process",
  appliedBy: "client-process",
  scope: "wire",
  needs: () => ["step-clock"],
  fired: "fault-applied; the step itself is seen by nobody but the client",
};
