import type { HistoryEvent } from "../history/event.ts";
import type { Plan } from "../plan/plan.ts";

/** What became of one fault of the plan. */
export type FaultState = {
  readonly id: string;
  /** `missed`: its anchor was never reached or confirmed. `failed`: the wire refused it, or healing it. */
  readonly state: "fired" | "missed" | "failed";
  readonly why?: string;
  /** The events that tell it, in order. */
  readonly events: readonly number[];
};

/** Reads the states of all faults off a history. A fault that left no trace is missed: it must not count as survived. */
export function faultStates(plan: Plan, history: readonly HistoryEvent[]): readonly FaultState[] {
  return plan.faults.map(({ id }) => stateOf(id, history));
}

/**
 * The plan without the faults that never struck, which is what has a violation again.
 *
 * One that struck less often than it was to counts as missed, and yet what happened has happened with it.
 */
export function planOfStruck(plan: Plan, history: readonly HistoryEvent[]): Plan {
  const struck = new Set(history.flatMap((event) => (event.kind === "fault-applied" ? [event.id] : [])));
  return { ...plan, faults: plan.faults.filter(({ id }) => struck.has(id)) };
}

function stateOf(id: string, history: readonly HistoryEvent[]): FaultState {
  const told = history.filter((event) => event.source === "fault" && event.id === id);
  const events = told.map((event) => event.sequence);
  const failed = told.find((event) => event.kind === "fault-failed");
  if (failed?.kind === "fault-failed") return { id, state: "failed", why: failed.why, events };
  const missed = told.find((event) => event.kind === "fault-missed");
  if (missed?.kind === "fault-missed") return { id, state: "missed", why: missed.why, events };
  const isFired = told.some((event) => event.kind === "fault-applied");
  return isFired
    ? { id, state: "fired", events }
    : { id, state: "missed", why: "the history does not tell of it", events };
}
