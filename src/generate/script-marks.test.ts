import { describe, expect, it } from "vitest";

import type { SessionScript } from "../protocol/model-script.ts";
import { keyOfAnchor, marksOfSession, type ScriptMark } from "./script-marks.ts";

const SESSION: SessionScript = {
  turns: [
    {
      userText: "book",
      script: {
        steps: [
          { reasoning: "hm", calls: [{ operation: "a" }, { operation: "b" }], deltas: 3 },
          { calls: [{ operation: "c" }] },
          { text: "Done." },
        ],
      },
    },
    { userText: "talk", script: { steps: [{ text: "Hi", deltas: 5 }] } },
  ],
};

function timesOf(key: string, marks: readonly ScriptMark[]): number {
  return marks.filter((mark) => mark.key === key).reduce((sum, { times }) => sum + times, 0);
}

describe("what a session's script leads to", () => {
  it("has every protocol point as often as an undisturbed session comes to it", () => {
    const marks = marksOfSession(SESSION);
    const counts = Array.from({ length: 15 }, (_, point) => timesOf(`P${point}`, marks));
    expect(counts).toEqual([1, 1, 2, 2, 3, 10, 3, 2, 3, 3, 2, 2, 6, 2, 2]);
  });

  it("has a text of two letters in no more than two deltas", () => {
    const marks = marksOfSession(SESSION).filter(({ key }) => key === "P12");
    expect(marks).toEqual([
      { key: "P12", part: "book\nlast\ntext", times: 4 },
      { key: "P12", part: "talk\nlast\ntext", times: 2 },
    ]);
  });

  it("ends a response that does not complete with its own event, at no point", () => {
    const ending = { kind: "failed", code: "server_error", message: "no" } as const;
    const marks = marksOfSession({ turns: [{ userText: "u", script: { steps: [{ text: "Hi", ending }] } }] });
    expect(timesOf("to-client response.failed", marks)).toBe(1);
    expect(timesOf("to-client response.completed", marks) + timesOf("P13", marks)).toBe(0);
  });

  it("calls the parts that are left the same when others were left out", () => {
    const [book, talk] = SESSION.turns;
    const [, second, last] = book?.script.steps ?? [];
    if (book === undefined || talk === undefined || second === undefined || last === undefined) throw new RangeError();
    const before = marksOfSession(SESSION);
    const withoutCall = {
      turns: [{ ...book, script: { steps: [{ calls: [{ operation: "b" }] }, second, last] } }, talk],
    };
    const partsOf = (marks: readonly ScriptMark[]): readonly string[] =>
      marks.filter(({ key }) => key === "P6" || key === "P10").map(({ key, part }) => `${key} ${part}`);
    expect(partsOf(marksOfSession(withoutCall, SESSION))).toEqual(
      partsOf(before).filter((part) => part !== "P6 book\na\na"),
    );
    expect(partsOf(marksOfSession({ turns: [talk] }, SESSION))).toEqual([]);
  });
});

describe("what an anchor waits for", () => {
  it("is its point, or the direction and type of its message, also of a byte anchor with a message", () => {
    const event = {
      kind: "event",
      direction: "to-client",
      type: "response.created",
      occurrence: 2,
      edge: "after",
    } as const;
    expect(keyOfAnchor({ kind: "point", point: "P6", occurrence: 4 })).toBe("P6");
    expect(keyOfAnchor(event)).toBe("to-client response.created");
    expect(keyOfAnchor({ kind: "bytes", direction: "to-client", sizeBytes: 9, event })).toBe(
      "to-client response.created",
    );
    expect(keyOfAnchor({ kind: "bytes", direction: "to-client", sizeBytes: 9 })).toBeUndefined();
  });
});
