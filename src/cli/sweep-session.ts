import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";

/** The session that is swept where none is named: one turn that books a seat with one tool, and says so. */
export const ONE_TOOL_SESSION: Plan = {
  formatVersion: 1,
  seed: 1,
  workload: {
    sessions: [
      {
        turns: [
          {
            userText: "Book me a seat at the window, please.",
            script: {
              steps: [
                { calls: [{ operation: "book-seat", arguments: { seat: "12A", where: "grün" }, toolDurationMs: 20 }] },
                { text: "Seat 12A is yours, at the window.", deltas: 4 },
              ],
            },
          },
        ],
      },
    ],
  },
  faults: [],
  limits: { ...DEFAULT_LIMITS, sessionsMax: 1 },
};
