import { createCauseReader } from "./causes.ts";
import type { EventSource, HistoryEvent } from "./event.ts";
import { collectEntries } from "./passages.ts";

/** How one event stands to another. `concurrent`: nothing that passed between their sources decides it. */
export type Order = "before" | "after" | "concurrent";

/** What is known about the order of the events of one history. */
export type HistoryOrder = {
  /**
   * How `event` stands to `other`, by what passed between the two; an event is `concurrent` to itself.
   *
   * A checker that needs an order and gets `concurrent` says `unknown`.
   */
  compare(event: HistoryEvent, other: HistoryEvent): Order;
};

const SOURCES: readonly EventSource[] = ["client", "client-face", "server-face", "target", "tool", "fault", "harness"];

/**
 * Finds out what happened before what (DESIGN §3, Order).
 *
 * Events of one source are ordered. Events of different sources are ordered only along edges (`causes.ts`), never by
 * their place in the file or their time. Each event gets a vector clock: how many events of each source happened
 * before it or are it. All clocks are computed in one pass, because a cause stands before its effect in the file; and
 * not before somebody asks, because most histories are judged without.
 */
export function orderHistory(history: readonly HistoryEvent[]): HistoryOrder {
  let order: HistoryOrder | undefined;
  return {
    compare(event, other) {
      order ??= computeOrder(history);
      return order.compare(event, other);
    },
  };
}

function computeOrder(history: readonly HistoryEvent[]): HistoryOrder {
  const width = SOURCES.length;
  const clocks = new Int32Array(history.length * width);
  const rows = new Map<number, number>();
  const latestRow = new Map<EventSource, number>();
  const causes = createCauseReader(collectEntries(history));

  function merge(row: number, cause: number | undefined): void {
    if (cause === undefined) return;
    for (let column = 0; column < width; column += 1) {
      const known = clocks[cause * width + column] ?? 0;
      if (known > (clocks[row * width + column] ?? 0)) clocks[row * width + column] = known;
    }
  }

  let row = 0;
  for (const event of history) {
    merge(row, latestRow.get(event.source));
    for (const cause of causes.causesOf(event)) if (cause !== undefined) merge(row, rows.get(cause));
    const own = row * width + SOURCES.indexOf(event.source);
    clocks[own] = (clocks[own] ?? 0) + 1;
    rows.set(event.sequence, row);
    latestRow.set(event.source, row);
    row += 1;
  }

  /** Whether the event of the first row is known to the one of the second. */
  function isBefore(first: number, second: number, source: EventSource): boolean {
    const column = SOURCES.indexOf(source);
    return (clocks[second * width + column] ?? 0) >= (clocks[first * width + column] ?? 0);
  }

  return {
    compare(event, other) {
      const row = rows.get(event.sequence);
      const otherRow = rows.get(other.sequence);
      if (row === undefined || otherRow === undefined || row === otherRow) return "concurrent";
      if (isBefore(row, otherRow, event.source)) return "before";
      return isBefore(otherRow, row, other.source) ? "after" : "concurrent";
    },
  };
}
