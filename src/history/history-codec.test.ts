import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createManualClock, type ManualClock } from "../determinism/manual-clock.ts";
import { HarnessError } from "../errors.ts";
import type { HistoryEvent, UnrecordedEvent } from "./event.ts";
import { decodeHistory, encodeEvent } from "./history-codec.ts";
import { openFileHistorySink } from "./history-sink.ts";
import { openMemoryRecorder } from "./memory-recorder.test-support.ts";

const unrecorded: readonly UnrecordedEvent[] = [
  { source: "harness", kind: "run-started", plan: "d", client: "c", backend: "b", target: "t", scripted: true },
  { source: "client-face", session: 0, connection: 1, kind: "dialled" },
  {
    source: "server-face",
    session: 0,
    connection: 1,
    lane: "x",
    responseId: "resp_1",
    kind: "message",
    direction: "to-client",
    frame: 0,
    endOffset: 10,
    type: "response.created",
    point: "P3",
    body: { text: 'line\nend "quoted" \u2028 é' },
  },
  { source: "client-face", session: 0, connection: 1, kind: "reset", by: "peer" },
  { source: "harness", kind: "run-ended" },
];

let clock: ManualClock;
beforeEach(() => {
  clock = createManualClock();
});

function recordAll(): { events: readonly HistoryEvent[]; text: string } {
  const { recorder, lines } = openMemoryRecorder(clock);
  for (const event of unrecorded) recorder.record(event);
  return { events: recorder.events(), text: lines.map((line) => `${line}\n`).join("") };
}

describe("a history file", () => {
  it("comes back as it was recorded, one event a line", () => {
    const { events, text } = recordAll();
    expect(text.split("\n")).toHaveLength(events.length + 1);
    expect(decodeHistory(text, "h")).toEqual(events);
    expect(events.map((event) => `${encodeEvent(event)}\n`).join("")).toBe(text);
  });

  it("loses a last line that was torn off, wherever it was torn", () => {
    const { events, text } = recordAll();
    const start = text.trimEnd().lastIndexOf("\n") + 1;
    for (let end = start; end < text.length - 1; end += 1) {
      expect(decodeHistory(text.slice(0, end), "h")).toEqual(events.slice(0, -1));
    }
    expect(decodeHistory(text.slice(0, -1), "h")).toEqual(events);
  });

  it("may be empty", () => {
    expect(decodeHistory("", "h")).toEqual([]);
  });

  it.each([
    ["no JSON", "garbage"],
    ["no object", "[1]"],
    ["no event", '{"sequence":1}'],
    ["an event without a time", '{"sequence":1,"sourceSequence":0,"source":"harness","kind":"run-ended"}'],
    ["nothing", ""],
  ])("is refused with the number of the line that is %s", (_what, line) => {
    const { text } = recordAll();
    const lines = text.split("\n");
    const broken = [...lines.slice(0, 2), line, ...lines.slice(2)].join("\n");
    const refusal = errorOf(() => decodeHistory(broken, "history.jsonl"));
    expect(refusal).toMatchObject({
      code: "HARNESS_UNREADABLE_FILE",
      message: "history.jsonl:3 is not an event of a history.",
      details: { source: "history.jsonl", line: 3 },
    });
  });
});

describe("the recorder", () => {
  it("numbers events in the file and within their source, and stamps them in ms since the run's start", async () => {
    const { recorder } = openMemoryRecorder(clock);
    recorder.record({ source: "harness", kind: "run-ended" });
    await clock.advance(12.3456);
    expect(recorder.record({ source: "client-face", kind: "dialled" })).toBe(1);
    recorder.record({ source: "harness", kind: "run-ended" });
    expect(recorder.events().map(({ sequence, sourceSequence, atMs }) => [sequence, sourceSequence, atMs])).toEqual([
      [0, 0, 0],
      [1, 0, 12.346],
      [2, 1, 12.346],
    ]);
    expect(recorder.nowMs()).toBe(12.346);
  });
});

describe("a file as a sink", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cutwire-history-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("holds each line as soon as it was appended", () => {
    const path = join(folder, "history.jsonl");
    const sink = openFileHistorySink(path);
    sink.append("one");
    expect(readFileSync(path, "utf8")).toBe("one\n");
    sink.append("two é");
    sink.close();
    expect(readFileSync(path, "utf8")).toBe("one\ntwo é\n");
  });

  it("is refused where there is a file already, or no folder", () => {
    const path = join(folder, "history.jsonl");
    openFileHistorySink(path).close();
    for (const taken of [path, join(folder, "no", "history.jsonl")]) {
      const refusal = errorOf(() => openFileHistorySink(taken));
      expect(refusal).toMatchObject({ code: "HARNESS_UNWRITABLE_FILE", details: { path: taken } });
      expect(refusal.message).toContain(taken);
    }
  });
});

function errorOf(work: () => unknown): HarnessError {
  try {
    work();
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
