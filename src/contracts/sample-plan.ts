import type { ScheduledFault } from "../plan/fault.ts";
import type { Plan, Workload } from "../plan/plan.ts";

/** What the model says in the last answer of the tool turn. */
export const BOOKED_TEXT = "Both are booked – schöne Reise!";
/** What the model says in the turn that only talks; long enough to be cut anywhere. */
export const WEATHER_TEXT = "Sunny, 31 °C, and no wind at all.";

/** A session with a turn that calls two tools at once, and one that only talks; with characters of several bytes. */
export function sampleWorkload(sessions: number): Workload {
  return {
    sessions: Array.from({ length: sessions }, (_, session) => ({
      turns: [
        {
          userText: `Book two seats for ${session}, please.`,
          script: {
            steps: [
              {
                calls: [
                  {
                    operation: `seat-a-${session}`,
                    arguments: { note: "am Fenster, größer" },
                    toolDurationMs: 30,
                  },
                  { operation: `seat-b-${session}` },
                ],
              },
              { text: BOOKED_TEXT },
            ],
          },
        },
        {
          userText: `And the weather at ${session}?`,
          script: { steps: [{ text: `${WEATHER_TEXT} (${session})` }] },
        },
      ],
    })),
  };
}

/** A plan over that workload. */
export function samplePlan(faults: readonly ScheduledFault[], sessions = 1): Plan {
  return {
    formatVersion: 1,
    seed: 1,
    workload: sampleWorkload(sessions),
    faults,
    limits: { runMs: 30_000, eventsMax: 20_000, bytesMax: 10_000_000, sessionsMax: sessions },
  };
}
