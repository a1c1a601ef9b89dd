import type { EventOf, HistoryEvent } from "./event.ts";

/** One turn of a session as it went. Absent events did not happen. */
export type ObservedTurn = {
  readonly session: number;
  readonly turn: number;
  /** Whether it is the extra turn that asks if the session still works. */
  readonly probe: boolean;
  readonly started: EventOf<"turn-started">;
  readonly ended: EventOf<"turn-ended"> | undefined;
  readonly overdue: EventOf<"turn-overdue"> | undefined;
};

/** The turns of all sessions, in the order in which they started. */
export function collectTurns(history: readonly HistoryEvent[]): readonly ObservedTurn[] {
  const turns = new Map<string, ObservedTurn>();
  for (const event of history) {
    if (event.kind !== "turn-started" && event.kind !== "turn-ended" && event.kind !== "turn-overdue") continue;
    const session = event.session ?? 0;
    const key = `${session}/${event.turn}`;
    const open = turns.get(key);
    if (event.kind === "turn-started") {
      turns.set(key, {
        session,
        turn: event.turn,
        probe: event.probe,
        started: event,
        ended: undefined,
        overdue: undefined,
      });
    } else if (open !== undefined) {
      turns.set(key, event.kind === "turn-ended" ? { ...open, ended: event } : { ...open, overdue: event });
    }
  }
  return [...turns.values()];
}
