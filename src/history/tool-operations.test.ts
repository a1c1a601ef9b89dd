import { describe, expect, it } from "vitest";

import { historyOf } from "./session-history.test-support.ts";
import { collectToolExecutions, operationOfArguments } from "./tool-operations.ts";
import { collectTurns } from "./turns.ts";

describe("the operation of a call", () => {
  it.each<[string, string | undefined]>([
    ['{"operation":"t0-book","seat":"12A"}', "t0-book"],
    ['{"operation":""}', ""],
    ['{"operation":5}', undefined],
    ["{}", undefined],
    ["[]", undefined],
    ['{"operation":"t0-bo', undefined],
    ["", undefined],
  ])("of %s is %s", (argumentsJson, operation) => {
    expect(operationOfArguments(argumentsJson)).toBe(operation);
  });
});

const started = { source: "tool", kind: "tool-started", name: "perform", argumentsDigest: "d" } as const;
const returned = { source: "tool", kind: "tool-returned", outputDigest: "d", failed: false } as const;

describe("the tool runs of a history", () => {
  it("are put together by their number, whatever order their parts came in", () => {
    const history = historyOf(
      { ...started, session: 0, execution: 0, operation: "a" },
      { ...started, session: 1, execution: 1, operation: "b" },
      { source: "tool", session: 1, kind: "tool-effect", execution: 1, operation: "b" },
      { ...returned, session: 1, execution: 1, operation: "b" },
      { source: "tool", session: 0, kind: "tool-effect", execution: 0, operation: "a" },
      { ...started, session: 0, execution: 2 },
      { source: "tool", session: 0, kind: "tool-effect", execution: 9 },
    );
    expect(
      collectToolExecutions(history).map((run) => [
        run.execution,
        run.session,
        run.operation,
        run.started.sequence,
        run.effect?.sequence,
        run.returned?.sequence,
      ]),
    ).toEqual([
      [0, 0, "a", 0, 4, undefined],
      [1, 1, "b", 1, 2, 3],
      [2, 0, undefined, 5, undefined, undefined],
    ]);
  });
});

describe("the turns of a history", () => {
  it("are put together by session and number, in the order in which they started", () => {
    const base = { source: "harness", userText: "a", probe: false } as const;
    const history = historyOf(
      { ...base, session: 1, kind: "turn-started", turn: 0 },
      { ...base, session: 0, kind: "turn-started", turn: 0 },
      { source: "harness", session: 0, kind: "turn-ended", turn: 0, probe: false, outcome: "completed", text: "ok" },
      { source: "harness", session: 1, kind: "turn-overdue", turn: 0, probe: false, deadlineMs: 5 },
      { source: "harness", session: 1, kind: "turn-ended", turn: 0, probe: false, outcome: "failed", cause: "x" },
      { ...base, session: 0, kind: "turn-started", turn: 1, probe: true },
      { source: "harness", session: 0, kind: "turn-ended", turn: 7, probe: false, outcome: "completed", text: "" },
    );
    expect(
      collectTurns(history).map((turn) => [
        turn.session,
        turn.turn,
        turn.probe,
        turn.started.sequence,
        turn.overdue?.sequence,
        turn.ended?.sequence,
      ]),
    ).toEqual([
      [1, 0, false, 0, 3, 4],
      [0, 0, false, 1, undefined, 2],
      [0, 1, true, 5, undefined, undefined],
    ]);
  });
});
