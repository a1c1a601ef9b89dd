import { describe, expect, it } from "vitest";

import { parseScriptFile, scriptOfFile } from "./script-file.ts";

const TALK = { turns: [{ userText: "hello", script: { steps: [{ text: "hi" }] } }] };

function problemsOf(text: string): unknown {
  try {
    parseScriptFile(text);
    return "no problem";
  } catch (error) {
    return error;
  }
}

describe("a script file", () => {
  it("gives a lone conversation to every key", () => {
    expect(scriptOfFile(parseScriptFile(JSON.stringify(TALK)))("any")).toEqual(TALK);
  });

  it("gives named conversations to their keys, and none to a stranger", () => {
    const scriptOf = scriptOfFile(parseScriptFile(JSON.stringify({ formatVersion: 1, conversations: { a: TALK } })));
    expect([scriptOf("a"), scriptOf("b"), scriptOf("constructor")]).toEqual([TALK, undefined, undefined]);
  });

  it("names every problem with its path, all at once", () => {
    const wrong = {
      formatVersion: 1,
      extra: true,
      conversations: {
        a: { turns: [{ userText: "", script: { steps: [{}] } }] },
        b: { turns: [{ userText: "x", script: { steps: [{ text: "y", deltas: 0 }] } }] },
      },
    };
    expect(problemsOf(JSON.stringify(wrong))).toMatchObject({
      code: "HARNESS_INVALID_SCRIPT",
      message: expect.stringContaining("conversations.b.turns.0.script.steps.0.deltas"),
      details: {
        problems: expect.arrayContaining([
          expect.objectContaining({ path: "conversations.a.turns.0.userText" }),
          expect.objectContaining({ path: "conversations.a.turns.0.script.steps.0" }),
          expect.objectContaining({ path: "conversations.b.turns.0.script.steps.0.deltas" }),
          expect.objectContaining({ path: "", message: expect.stringContaining("extra") }),
        ]),
      },
    });
  });

  it("names operations that stand twice and texts that cannot be told apart", () => {
    const calls = [{ operation: "a" }, { operation: "a" }];
    const turns = [
      { userText: "book", script: { steps: [{ calls }, { text: "x" }] } },
      { userText: "book again", script: { steps: [{ text: "x" }] } },
    ];
    expect(problemsOf(JSON.stringify({ turns }))).toMatchObject({
      details: {
        problems: [{ path: "turns.0.userText" }, { path: "turns.0.script.steps.0.calls.1.operation" }],
      },
    });
  });

  it.each(["", "{", "[1"])("that is no JSON is unreadable: %j", (text) => {
    expect(problemsOf(text)).toMatchObject({ code: "HARNESS_UNREADABLE_FILE" });
  });

  it("from the future is refused by its version", () => {
    expect(problemsOf('{"formatVersion":2}')).toMatchObject({
      code: "HARNESS_UNREADABLE_FILE",
      message: expect.stringContaining("format version 2"),
    });
  });

  it.each(["[]", "null", '"x"', "7"])("that holds %s is no script", (text) => {
    expect(problemsOf(text)).toMatchObject({ code: "HARNESS_INVALID_SCRIPT" });
  });
});
