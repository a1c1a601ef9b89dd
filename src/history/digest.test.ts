import { describe, expect, it } from "vitest";

import { digestOfHistory, firstDifference } from "./digest.ts";
import type { HistoryEvent } from "./event.ts";

const HISTORY: readonly HistoryEvent[] = [
  {
    sequence: 0,
    sourceSequence: 0,
    atMs: 0,
    source: "harness",
    kind: "turn-started",
    turn: 0,
    userText: "hi",
    probe: false,
  },
  {
    sequence: 1,
    sourceSequence: 0,
    atMs: 12.345,
    source: "client-face",
    session: 0,
    connection: 0,
    kind: "message",
    direction: "to-client",
    frame: 3,
    endOffset: 812,
    type: "response.created",
    body: { type: "response.created" },
  },
  {
    sequence: 2,
    sourceSequence: 1,
    atMs: 20,
    source: "harness",
    kind: "turn-ended",
    turn: 0,
    probe: false,
    outcome: "failed",
    cause: "no answer",
  },
];

/** The history with one event changed. */
function changed(index: number, change: Partial<Record<string, unknown>>): readonly HistoryEvent[] {
  return HISTORY.map((event, at) => (at === index ? Object.assign({ ...event }, change) : event));
}

describe("the digest of a history", () => {
  it.each([
    ["a time", 1, { atMs: 12.346 }],
    ["a place in the stream", 1, { endOffset: 813 }],
    ["a connection", 1, { connection: 1 }],
    ["a kind of message", 1, { type: "response.failed" }],
    ["an outcome", 2, { outcome: "completed" }],
  ])("is another one where %s is", (_what, index, change) => {
    const other = changed(index, change);
    expect(digestOfHistory(other)).not.toBe(digestOfHistory(HISTORY));
    expect(firstDifference(HISTORY, other)).toEqual({ index, left: HISTORY[index], right: other[index] });
  });

  it.each([
    ["what a failure is called", 2, { cause: "nothing came" }],
    ["the words of a user", 0, { userText: "hello" }],
    ["the body of a message", 1, { body: {} }],
  ])("is the same whatever %s", (_what, index, change) => {
    expect(digestOfHistory(changed(index, change))).toBe(digestOfHistory(HISTORY));
    expect(firstDifference(HISTORY, changed(index, change))).toBeUndefined();
  });

  it("is another one where an event is missing or out of order, and that place is told", () => {
    const shorter = HISTORY.slice(0, 2);
    expect(digestOfHistory(shorter)).not.toBe(digestOfHistory(HISTORY));
    expect(firstDifference(shorter, HISTORY)).toEqual({ index: 2, left: undefined, right: HISTORY[2] });
    const swapped = HISTORY.toReversed();
    expect(digestOfHistory(swapped)).not.toBe(digestOfHistory(HISTORY));
    expect(firstDifference(HISTORY, swapped)).toMatchObject({ index: 0, left: HISTORY[0] });
  });
});
