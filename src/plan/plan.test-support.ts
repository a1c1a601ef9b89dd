import type { ScheduledFault } from "./fault.ts";
import type { Plan } from "./plan.ts";

/** A cut with FIN at P6 of session 0. */
export const cut: ScheduledFault = {
  id: "cut-1",
  fault: { kind: "cut", mode: "fin" },
  when: { place: { session: 0 }, at: { kind: "point", point: "P6", occurrence: 1 } },
  heal: { kind: "on-close" },
};

/** A plan that uses every kind of fault, anchor and heal. */
export const fullPlan: Plan = {
  formatVersion: 1,
  seed: 4_294_967_295,
  workload: {
    sessions: [
      { turns: [{ userText: "book", script: { steps: [{ calls: [{ operation: "book" }] }, { text: "Done." }] } }] },
      { turns: [{ userText: "talk", script: { steps: [{ text: "Hello." }] } }] },
    ],
  },
  faults: [
    cut,
    {
      id: "close.1",
      fault: { kind: "close", code: 1012, reason: "service restart" },
      when: {
        place: { session: 1, wire: "client", connection: 0, lane: "x" },
        at: { kind: "event", direction: "to-client", type: "response.created", occurrence: 2, edge: "after" },
        delayMs: 12.5,
      },
      heal: { kind: "after", delayMs: 0 },
    },
    {
      id: "reject_1",
      fault: { kind: "reject", how: { status: 503, retryAfterSeconds: 1 }, dials: 2 },
      when: { place: { session: "all" }, at: { kind: "bytes", direction: "to-server", sizeBytes: 0 } },
      heal: { kind: "never" },
    },
    {
      id: "slow",
      fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: 50, jitter: 0 } },
      when: {
        place: { session: 0 },
        at: {
          kind: "bytes",
          direction: "to-client",
          sizeBytes: 77,
          event: {
            kind: "event",
            direction: "to-client",
            type: "response.output_text.delta",
            occurrence: 1,
            edge: "inside",
            byteInFrame: 3,
          },
        },
      },
      heal: { kind: "at", at: { kind: "point", point: "P14", occurrence: 1 } },
    },
  ],
  limits: { runMs: 120_000, eventsMax: 200_000, bytesMax: 100_000_000, sessionsMax: 64 },
};

/** The plan with one fault in the place of all others. */
export function planWith(fault: object): unknown {
  return { ...fullPlan, faults: [{ ...cut, ...fault }] };
}
