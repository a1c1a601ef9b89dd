import type { ServerEvent } from "./server-event.ts";

/** An event with its place among all events of the server, from 0. */
export type LoggedEvent<Event = ServerEvent> = { readonly index: number; readonly event: Event };

/** The latest events of a server, or of something else that tells events, for somebody who asks for them later. */
export type EventLog<Event = ServerEvent> = {
  /** To be given to the server as `onEvent`. */
  readonly record: (event: Event) => void;
  /**
   * Tells every event behind `after` (-1 for all) that is still kept, then each new one, until it is stopped.
   *
   * The first index is larger than `after + 1` where events between have been dropped.
   */
  follow(after: number, listener: (entry: LoggedEvent<Event>) => void): () => void;
};

/** How many events a log keeps. */
export const LOGGED_EVENTS_MAX = 10_000;

/** Opens an empty log that keeps the latest `eventsMax` events. */
export function createEventLog<Event = ServerEvent>(eventsMax: number = LOGGED_EVENTS_MAX): EventLog<Event> {
  const entries: LoggedEvent<Event>[] = [];
  const listeners = new Set<(entry: LoggedEvent<Event>) => void>();
  let count = 0;
  return {
    record(event) {
      const entry = { index: count, event };
      count += 1;
      entries.push(entry);
      // Dropping in blocks keeps the cost of one event constant.
      if (entries.length >= eventsMax * 2) entries.splice(0, entries.length - eventsMax);
      for (const listener of listeners) listener(entry);
    },
    follow(after, listener) {
      for (const entry of entries.slice(-eventsMax)) {
        if (entry.index > after) listener(entry);
      }
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
