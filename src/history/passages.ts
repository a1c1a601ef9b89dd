import type { JsonObject } from "../protocol/json.ts";
import type { EventOf, HistoryEvent } from "./event.ts";
import { keptView } from "./view.ts";

/** Joins what entered a wire at one face to the same thing as it left at the other one. */
export type PassageReader = {
  /**
   * Takes the events of a history in order. Answers the event by which the same bytes entered the wire, for an event
   * by which they leave it; undefined for every other event.
   */
  entryOf(event: HistoryEvent): HistoryEvent | undefined;
};

const ENTRY_OF_DIRECTION = { "to-client": "server-face", "to-server": "client-face" } as const;

/**
 * Opens a reader for one history.
 *
 * A message is known by the number of its last frame. Control frames and the end of a stream have no number; those of
 * one direction of one connection leave in the order in which they entered.
 */
export function createPassageReader(): PassageReader {
  const connections = new Map<string, Underway>();
  let latest: { readonly session: unknown; readonly connection: unknown; readonly underway: Underway } | undefined;

  /** What is under way on the connection of an event, which mostly is that of the event before. */
  function underwayOf({ session, connection }: HistoryEvent): Underway {
    if (latest !== undefined && latest.session === session && latest.connection === connection) return latest.underway;
    const key = `${session ?? "?"}/${connection ?? "?"}`;
    const underway = connections.get(key) ?? { "to-client": new Map(), "to-server": new Map() };
    connections.set(key, underway);
    latest = { session, connection, underway };
    return underway;
  }

  return {
    entryOf(event) {
      switch (event.kind) {
        case "message":
        case "unreadable-message":
          return pass(underwayOf(event)[event.direction], event.frame, { event, enters: isEntry(event) });
        case "control-frame":
          return pass(underwayOf(event)[event.direction], event.opcode, { event, enters: isEntry(event) });
        case "ended": {
          const comesFrom = event.edge === "in" ? event.source : otherFace(event.source);
          const underway = underwayOf(event)[comesFrom === "server-face" ? "to-client" : "to-server"];
          return pass(underway, "ended", { event, enters: event.edge === "in" });
        }
        default:
          return undefined;
      }
    },
  };
}

/** What has entered a connection and not left it, by its direction and then by what it is known by. */
type Underway = Readonly<Record<"to-client" | "to-server", Map<number | string, HistoryEvent[]>>>;

function pass(
  underway: Map<number | string, HistoryEvent[]>,
  name: number | string,
  { event, enters }: { readonly event: HistoryEvent; readonly enters: boolean },
): HistoryEvent | undefined {
  // What a fault put in has the number of the frame before it, and never entered anywhere.
  if ("altered" in event && event.altered === "injected") return undefined;
  const queue = underway.get(name);
  if (!enters) return queue?.shift();
  if (queue === undefined) underway.set(name, [event]);
  else queue.push(event);
  return undefined;
}

/**
 * The event by which the same bytes entered the wire, for each event of a history by which they leave it; see
 * {@link createPassageReader}.
 */
export const collectEntries: (history: readonly HistoryEvent[]) => ReadonlyMap<HistoryEvent, HistoryEvent> = keptView(
  (history: readonly HistoryEvent[]) => {
    const passages = createPassageReader();
    const entries = new Map<HistoryEvent, HistoryEvent>();
    for (const event of history) {
      const entry = passages.entryOf(event);
      if (entry !== undefined) entries.set(event, entry);
    }
    return entries;
  },
  (history) => history.length,
);

function isEntry(event: EventOf<"message" | "unreadable-message" | "control-frame">): boolean {
  return event.source === ENTRY_OF_DIRECTION[event.direction];
}

function otherFace(face: "client-face" | "server-face"): "client-face" | "server-face" {
  return face === "client-face" ? "server-face" : "client-face";
}

/** A message of the server that reached the client. */
export type ReceivedMessage = {
  /** At the client's face. */
  readonly event: EventOf<"message">;
  readonly body: JsonObject;
};

/**
 * What the clients received, in order, with the bodies that they read: those of the server, or what a fault made of
 * them.
 */
export function collectReceived(history: readonly HistoryEvent[]): readonly ReceivedMessage[] {
  const entries = collectEntries(history);
  const received: ReceivedMessage[] = [];
  for (const event of history) {
    if (event.kind !== "message" || event.source !== "client-face" || event.direction !== "to-client") continue;
    const entry = entries.get(event);
    received.push({ event, body: event.body ?? (entry?.kind === "message" ? entry.body : undefined) ?? {} });
  }
  return received;
}
