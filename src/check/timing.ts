import type { Contract } from "../plan/contract.ts";
import type { EventOf, HistoryEvent } from "../history/event.ts";

/** How exact the times of a history are. */
export type Timing = {
  /**
   * How far the harness's own lateness may have shifted what it noted between two moments, in ms. Infinity where it was
   * not measured: then no rule about time is decided.
   */
  toleranceMs(fromMs: number, toMs: number): number;
};

/**
 * How late a client may be on a busy machine without breaking a promise, in ms.
 *
 * Its timers fire late, its dial takes its time to reach the face, and a user notices none of that. Promises that say
 * "at the latest" get this much, those that say "not before" get nothing.
 */
export const LATENESS_MS = 500;

/** The measurement wakes every 10 ms, so what is shorter escapes it; clocks and timers round by a millisecond each. */
const UNMEASURED_MS = 12;

/** Reads the measured event-loop delays of a history. */
export function timingOf(history: readonly HistoryEvent[]): Timing {
  const measured = history.filter((event): event is EventOf<"event-loop-delay"> => event.kind === "event-loop-delay");
  return {
    toleranceMs(fromMs, toMs) {
      const first = measured.findIndex(({ atMs }) => atMs >= fromMs);
      const last = measured.findIndex(({ atMs }) => atMs >= toMs);
      // What was noted right behind a delay was late by it, and that may have been written down just before; and a delay
      // counts when it is over, which may be in the measurement that comes next.
      const from = Math.max(0, (first === -1 ? measured.length : first) - 1);
      const to = last === -1 ? measured.length : last + 2;
      const delays = measured.slice(from, to).map(({ maxMs }) => maxMs);
      return delays.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...delays) + UNMEASURED_MS;
    },
  };
}

/**
 * Whether the harness was so late between two events that the client's own deadlines may have passed for that alone: on a
 * machine that is too slow for its contract even a correct client gets nothing done.
 */
export function wasStarved(
  { history, contract }: { readonly history: readonly HistoryEvent[]; readonly contract: Contract },
  from: HistoryEvent,
  to: HistoryEvent,
): boolean {
  const measured = timingOf(history).toleranceMs(from.atMs, to.atMs);
  return Number.isFinite(measured) && measured > contract.idleDeadlineMs / 2;
}

/** Milliseconds for people: `"1240 ms"`. */
export function printMs(ms: number): string {
  return `${Math.round(ms)} ms`;
}
