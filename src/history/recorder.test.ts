import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import type { UnrecordedEvent } from "./event.ts";
import { decodeHistory } from "./history-codec.ts";
import { createMemoryHistorySink, NO_HISTORY_SINK } from "./history-sink.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { createRedactor } from "./redaction.ts";

const DIALLED: UnrecordedEvent = { source: "client-face", session: 0, connection: 0, kind: "dialled" };
const EXITED: UnrecordedEvent = { source: "client", kind: "client-exited", code: 0, signal: null, expected: true };

function open(eventsMax: number): { recorder: Recorder; lines: readonly string[]; full: () => number } {
  const sink = createMemoryHistorySink();
  let full = 0;
  const recorder = createRecorder({ clock: createSystemClock(), sink, eventsMax, onFull: () => (full += 1) });
  return { recorder, lines: sink.lines, full: () => full };
}

describe("the recorder of a run", () => {
  it("numbers events over all and per source, in the order of their times, and stores them as they are", () => {
    const { recorder, lines } = open(10);
    expect([DIALLED, EXITED, DIALLED].map((event) => recorder.record(event))).toEqual([0, 1, 2]);
    const events = recorder.events();
    expect(events.map(({ sourceSequence }) => sourceSequence)).toEqual([0, 0, 1]);
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    expect(decodeHistory(`${lines.join("\n")}\n`, "memory")).toEqual(events);
  });

  it("is whole at its end: what comes behind that changes neither it nor the closed sink", () => {
    const sink = createMemoryHistorySink();
    const recorder = createRecorder({ clock: createSystemClock(), sink, eventsMax: 10, onFull: () => undefined });
    recorder.record(DIALLED);
    recorder.end();
    sink.close();
    recorder.record(EXITED);
    expect(recorder.events().map(({ kind }) => kind)).toEqual(["dialled"]);
    expect(sink.lines).toHaveLength(1);
  });

  it("shows no secret to whoever judges a run that is not stored either, and leaves every other event alone", () => {
    const redactor = createRedactor("salt", ["a-long-secret"]);
    const options = { clock: createSystemClock(), eventsMax: 10, onFull: () => undefined, redactor };
    const recorder = createRecorder({ ...options, sink: NO_HISTORY_SINK });
    const text = { source: "client", session: 0, kind: "text" } as const;
    recorder.record({ ...text, text: "here it is: a-long-secret" });
    recorder.record({ ...text, text: "nothing here" });
    expect(recorder.events()).toMatchObject([
      { text: expect.stringMatching(/^here it is: redacted:[0-9a-f]{8}$/) },
      { text: "nothing here" },
    ]);
  });

  it("says once that it is full", () => {
    const { recorder, full } = open(3);
    for (let event = 0; event < 3; event += 1) recorder.record(DIALLED);
    for (let event = 0; event < 3; event += 1) recorder.record({ source: "harness", kind: "run-ended" });
    expect(full()).toBe(1);
  });

  it("still tells the end of a run that was flooded, and nothing else beyond its bound", () => {
    const { recorder, lines } = open(3);
    for (let event = 0; event < 50_000; event += 1) recorder.record(DIALLED);
    recorder.record({ source: "fault", kind: "fault-missed", id: "cut", why: "the run ended" });
    recorder.record(EXITED);
    recorder.record({ source: "harness", kind: "run-ended" });
    expect(recorder.events().map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 3 }, () => "dialled"),
      "fault-missed",
      "client-exited",
      "run-ended",
    ]);
    expect(recorder.events().map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5]);
    for (let event = 0; event < 50_000; event += 1) recorder.record({ source: "harness", kind: "run-ended" });
    expect(lines).toHaveLength(10_003);
  });
});
