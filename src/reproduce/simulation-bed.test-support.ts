import { createSystemClock } from "../determinism/clock.ts";
import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { Backend } from "../run/backend.ts";
import { simulation } from "../run/backends/simulation.ts";
import { clockStep } from "../run/faults/clock-step.ts";
import { cut } from "../run/faults/cut.ts";
import { refuse } from "../run/faults/refuse.ts";
import { toxic } from "../run/faults/toxic.ts";
import { referenceServer } from "../run/targets/reference-server.ts";
import type { Checker } from "../check/checker.ts";
import type { Harness } from "./harness.ts";

/** A harness with little in it: the simulation, the reference server, and faults of the wire. */
export function simulationHarness(checkers: readonly Checker[], backends: readonly Backend[] = [simulation]): Harness {
  return {
    clock: createSystemClock(),
    backends: new Map(backends.map((backend) => [backend.name, backend])),
    targets: new Map([[referenceServer.name, referenceServer]]),
    clients: new Map(),
    targetAt: () => referenceServer,
    appliers: new Map([clockStep, cut, refuse, toxic].map((applier) => [applier.kind, applier])),
    checkers,
  };
}

/** A session with one tool call, and faults. */
export function toolPlan(faults: readonly ScheduledFault[], seed = 1): Plan {
  const steps = [
    { calls: [{ operation: "book-seat", arguments: { seat: "12A" }, toolDurationMs: 1_000 }], deltas: 4 },
    { text: "It is booked." },
  ];
  return {
    formatVersion: 1,
    seed,
    workload: { sessions: [{ turns: [{ userText: "Book a seat.", script: { steps } }] }] },
    faults,
    limits: DEFAULT_LIMITS,
  };
}

/** A FIN behind the call, before its response has completed. */
export const CUT_AFTER_CALL: ScheduledFault = {
  id: "cut",
  fault: { kind: "cut", mode: "fin" },
  when: { place: { session: 0 }, at: { kind: "point", point: "P6", occurrence: 1 } },
  heal: { kind: "on-close" },
};

/** Everything takes long, and some of it longer. */
export const SLOW_WIRE: ScheduledFault = {
  id: "slow",
  fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: 80, jitter: 40 } },
  when: { place: { session: 0 }, at: { kind: "point", point: "P0", occurrence: 1 } },
  heal: { kind: "never" },
};
