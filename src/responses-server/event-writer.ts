import assert from "node:assert/strict";

import type { JsonObject } from "../protocol/json.ts";
import type { Outgoing } from "./outgoing.ts";

/** Writes the events of one response: numbered from 0, with `stream_id` where the create had one (protocol.md §3.1). */
export type EventWriter = {
  write(event: JsonObject): void;
  /** Uses up the next number without writing, and answers it. */
  skip(): number;
  /** Writes the last event again, byte for byte. */
  repeat(): void;
};

/** Opens the writer of a response in a lane; an undefined lane is the default one. */
export function createEventWriter(outgoing: Outgoing, lane: string | undefined): EventWriter {
  let sequenceNumber = 0;
  let last: string | undefined;

  function skip(): number {
    sequenceNumber += 1;
    return sequenceNumber - 1;
  }

  return {
    skip,
    write(event) {
      last = numbered(event, skip(), lane);
      outgoing.send(last);
    },
    repeat() {
      if (last !== undefined) outgoing.send(last);
    },
  };
}

/** The event as JSON, with its number and lane behind its type, which stands first in every event. */
function numbered(event: JsonObject, sequenceNumber: number, lane: string | undefined): string {
  const place = lane === undefined ? "" : `,"stream_id":${JSON.stringify(lane)}`;
  const text = JSON.stringify(event);
  const head = `{"type":${JSON.stringify(event["type"])}`;
  assert(text.startsWith(head), "the type of an event stands first");
  return `${head},"sequence_number":${sequenceNumber}${place}${text.slice(head.length)}`;
}
