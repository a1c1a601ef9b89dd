import type { JsonObject } from "../protocol/json.ts";
import type { EventOf, HistoryEvent } from "./event.ts";

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
  const underway = new Map<string, HistoryEvent[]>();
  return {
    entryOf(event) {
      const passage = passageOf(event);
      if (passage === undefined) return undefined;
      if (!passage.enters) return underway.get(passage.key)?.shift();
      const queue = underway.get(passage.key);
      if (queue === undefined) underway.set(passage.key, [event]);
      else queue.push(event);
      return undefined;
    },
  };
}

function passageOf(event: HistoryEvent): { readonly key: string; readonly enters: boolean } | undefined {
  // What a fault put in has the number of the frame before it, and never entered anywhere.
  if ("altered" in event && event.altered === "injected") return undefined;
  const connection = `${event.session ?? "?"}/${event.connection ?? "?"}`;
  switch (event.kind) {
    case "message":
    case "unreadable-message":
      return { key: `${connection}/${event.direction}/${event.frame}`, enters: isEntry(event) };
    case "control-frame":
      return { key: `${connection}/${event.direction}/${event.opcode}`, enters: isEntry(event) };
    case "ended": {
      const comesFrom = event.edge === "in" ? event.source : otherFace(event.source);
      return { key: `${connection}/${comesFrom}/ended`, enters: event.edge === "in" };
    }
    default:
      return undefined;
  }
}

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
  const passages = createPassageReader();
  return history.flatMap((event) => {
    const entry = passages.entryOf(event);
    if (event.kind !== "message" || event.source !== "client-face" || event.direction !== "to-client") return [];
    return [{ event, body: event.body ?? (entry?.kind === "message" ? entry.body : undefined) ?? {} }];
  });
}
