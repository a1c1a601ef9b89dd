import type { JsonObject } from "../protocol/json.ts";
import type { EventBody, EventPlace, HistoryEvent } from "./event.ts";

/** Events with their places filled in, in the order in which they are given. */
export function historyOf(...events: readonly (EventBody & EventPlace)[]): readonly HistoryEvent[] {
  return events.map((event, sequence) => ({ sequence, sourceSequence: sequence, atMs: sequence, ...event }));
}

type Place = EventPlace;

/** A create as it left the client: at its own face alone, which keeps the body. */
export function create(body: JsonObject, place: Place = {}): EventBody & EventPlace {
  return message("client-face", "to-server", { type: "response.create", ...body }, place);
}

/** A message of the server as it entered the wire, with its body. */
export function sent(body: JsonObject, place: Place = {}): EventBody & EventPlace {
  return message("server-face", "to-client", body, place);
}

/** A message of the server as it reached the client, whose face keeps no body. */
export function delivered(type: string, place: Place = {}): EventBody & EventPlace {
  const at = { session: 0, connection: 0, frame: 0, endOffset: 1, ...place };
  return { source: "client-face", kind: "message", direction: "to-client", type, ...at };
}

/** A message that a fault put in before the client. */
export function injected(body: JsonObject, place: Place = {}): EventBody & EventPlace {
  const type = String(body["type"]);
  const at = { session: 0, connection: 0, frame: 0, endOffset: 1, ...place };
  return { source: "client-face", kind: "message", direction: "to-client", type, body, altered: "injected", ...at };
}

function message(
  source: "client-face" | "server-face",
  direction: "to-client" | "to-server",
  ...[body, place]: [JsonObject, Place]
): EventBody & EventPlace {
  const type = String(body["type"]);
  return {
    source,
    session: 0,
    connection: 0,
    kind: "message",
    direction,
    frame: 0,
    endOffset: 1,
    type,
    body,
    ...place,
  };
}
