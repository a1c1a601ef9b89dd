import { describe, expect, it } from "vitest";

import { type SessionScript, SessionScriptSchema } from "./model-script.ts";

const script: SessionScript = {
  turns: [
    {
      userText: "book a seat",
      script: {
        steps: [
          {
            reasoning: "hm",
            text: "One moment.",
            calls: [{ operation: "t0-book", name: "perform", arguments: { seat: "12A" }, toolDurationMs: 50 }],
            deltas: 2,
            deltaGapMs: 5,
            interleaved: true,
          },
          { text: "Booked." },
        ],
      },
    },
    {
      userText: "thanks",
      script: { steps: [{ text: "Bye.", ending: { kind: "failed", code: "server_error", message: "" } }] },
    },
  ],
};

/** The problems of a script as `path: message`. */
function problemsOf(data: unknown): readonly string[] {
  const parsed = SessionScriptSchema.safeParse(data);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const turn = (userText: string, ...steps: unknown[]): unknown => ({ userText, script: { steps } });
const done = { text: "Done." };
const asking = (operation: string): unknown => ({ calls: [{ operation }] });

describe("a session script", () => {
  it("is taken as it is", () => {
    expect(SessionScriptSchema.parse(script)).toEqual(script);
  });

  it.each<[string, unknown, string]>([
    ["no turns", { turns: [] }, "turns: "],
    ["no steps", { turns: [turn("a")] }, "turns.0.script.steps: "],
    ["a step that says nothing", { turns: [turn("a", {})] }, "turns.0.script.steps.0: a step says something"],
    ["a last step with calls", { turns: [turn("a", asking("x"))] }, "turns.0.script.steps: every step but the last"],
    ["an early step without calls", { turns: [turn("a", done, done)] }, "turns.0.script.steps: every step but"],
    [
      "an operation with blanks",
      { turns: [turn("a", asking("a b"), done)] },
      "turns.0.script.steps.0.calls.0.operation: ",
    ],
    ["too many deltas", { turns: [turn("a", { text: "x", deltas: 10_001 })] }, "turns.0.script.steps.0.deltas: "],
    ["half a delta", { turns: [turn("a", { text: "x", deltas: 1.5 })] }, "turns.0.script.steps.0.deltas: "],
    [
      "an unknown member",
      { turns: [turn("a", { text: "x", colour: 1 })] },
      'turns.0.script.steps.0: Unrecognized key: "colour"',
    ],
    [
      "an unknown ending",
      { turns: [turn("a", { text: "x", ending: { kind: "no" } })] },
      "turns.0.script.steps.0.ending.kind: ",
    ],
    ["an empty user text", { turns: [turn("", done)] }, "turns.0.userText: "],
  ])("is refused with its path: %s", (_what, data, problem) => {
    expect(problemsOf(data)).toEqual([expect.stringContaining(problem)]);
  });

  it("is refused where one turn's text stands within another's, each with its path", () => {
    const problems = problemsOf({ turns: [turn("book", done), turn("please book it", done), turn("book", done)] });
    expect(problems).toEqual([
      expect.stringContaining("turns.0.userText: stands within the text of turn 1"),
      expect.stringContaining("turns.2.userText: stands within the text of turn 0"),
    ]);
  });

  it("is refused where an operation stands twice in it", () => {
    const problems = problemsOf({ turns: [turn("a", asking("x"), done), turn("b", asking("y"), asking("x"), done)] });
    expect(problems).toEqual([
      expect.stringContaining('turns.1.script.steps.1.calls.0.operation: operation "x" stands twice'),
    ]);
  });
});
