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
      const { type, ...members } = event;
      const place = lane === undefined ? {} : { stream_id: lane };
      last = JSON.stringify({ type, sequence_number: skip(), ...place, ...members });
      outgoing.send(last);
    },
    repeat() {
      if (last !== undefined) outgoing.send(last);
    },
  };
}
