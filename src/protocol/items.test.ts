import { describe, expect, it } from "vitest";

import {
  isFunctionCall,
  isFunctionCallOutput,
  isMessage,
  type Item,
  itemsOfInput,
  messageText,
  outputText,
} from "./items.ts";

describe("an input", () => {
  it("that is a text is one message of the user", () => {
    expect(itemsOfInput("hello")).toEqual([{ type: "message", role: "user", content: "hello" }]);
  });

  it("may name messages by their role alone", () => {
    expect(itemsOfInput([{ role: "user", content: "a" }, { id: "x" }])).toEqual([
      { type: "message", role: "user", content: "a" },
      { type: "unknown", id: "x" },
    ]);
  });

  it.each([undefined, null, 5, {}, true])("that is neither text nor list has no items: %j", (input) => {
    expect(itemsOfInput(input)).toEqual([]);
  });

  it("loses what is no object", () => {
    expect(itemsOfInput([null, "a", [], 1, { type: "reasoning", summary: [] }])).toEqual([
      { type: "reasoning", summary: [] },
    ]);
  });
});

describe("an item", () => {
  it("is known by its type and the member that it needs", () => {
    const call: Item = { type: "function_call", call_id: "c", name: "n", arguments: "{}" };
    const output: Item = { type: "function_call_output", call_id: "c", output: "ok" };
    const message: Item = { type: "message", role: "user", content: "a" };
    const items = [call, output, message, { type: "function_call" }, { type: "message" }];
    expect(items.map(isFunctionCall)).toEqual([true, false, false, false, false]);
    expect(items.map(isFunctionCallOutput)).toEqual([false, true, false, false, false]);
    expect(items.map(isMessage)).toEqual([false, false, true, false, false]);
  });

  it("has a plain text", () => {
    const parts = [{ type: "output_text", text: "a" }, { type: "refusal" }, { type: "output_text", text: "b" }];
    expect(messageText({ type: "message", role: "assistant", content: parts })).toBe("ab");
    expect(messageText({ type: "message", role: "user", content: "hello" })).toBe("hello");
    expect(outputText({ type: "function_call_output", call_id: "c", output: "ok" })).toBe("ok");
    expect(outputText({ type: "function_call_output", call_id: "c", output: [1] })).toBe("[1]");
  });
});
