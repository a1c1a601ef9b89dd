import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Item } from "../protocol/items.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { NO_TURN_TEXT, nextStep } from "./scripted-model.ts";

const SCRIPT: SessionScript = {
  turns: [
    {
      userText: "book",
      script: {
        steps: [
          { calls: [{ operation: "seat" }, { operation: "meal", arguments: { kind: "fish" } }], deltas: 2 },
          { calls: [{ operation: "pay" }] },
          { text: "booked" },
        ],
      },
    },
    { userText: "book again", script: { steps: [{ text: "again" }] } },
  ],
};

const user = (content: string): Item => ({ type: "message", role: "user", content });
const call = (operation: string, callId: string): Item => ({
  type: "function_call",
  call_id: callId,
  name: "perform",
  arguments: JSON.stringify({ operation }),
});
const output = (callId: string): Item => ({ type: "function_call_output", call_id: callId, output: "ok" });
const done = (operation: string, callId = `call_${operation}`): Item[] => [call(operation, callId), output(callId)];

describe("the scripted model", () => {
  it.each<[string, Item[], unknown]>([
    ["asks for the first step", [user("please book")], SCRIPT.turns[0]?.script.steps[0]],
    [
      "asks only for what is not answered, with the pace of the step",
      [user("book"), ...done("seat")],
      { calls: [{ operation: "meal", arguments: { kind: "fish" } }], deltas: 2 },
    ],
    ["goes on with the next step", [user("book"), ...done("seat"), ...done("meal")], { calls: [{ operation: "pay" }] }],
    [
      "ends the turn when all is answered",
      [user("book"), ...done("seat"), ...done("meal"), ...done("pay")],
      { text: "booked" },
    ],
    [
      "says the last step again",
      [user("book"), ...done("seat"), ...done("meal"), ...done("pay"), user("?")],
      { text: "booked" },
    ],
    ["takes the longest text that fits", [user("book again")], { text: "again" }],
    [
      "takes the last user message that it knows",
      [user("book"), user("book again"), user("thanks")],
      { text: "again" },
    ],
    ["forgets what stands before that message", [...done("seat"), user("book")], SCRIPT.turns[0]?.script.steps[0]],
    ["counts no call without output", [user("book"), call("seat", "call_1")], SCRIPT.turns[0]?.script.steps[0]],
    [
      "counts no output of another call",
      [user("book"), call("seat", "call_1"), output("call_2")],
      SCRIPT.turns[0]?.script.steps[0],
    ],
    [
      "reads a message in parts",
      [{ type: "message", role: "user", content: [{ type: "input_text", text: "book" }] }],
      SCRIPT.turns[0]?.script.steps[0],
    ],
    [
      "does not listen to the assistant",
      [{ type: "message", role: "assistant", content: "book" }],
      { text: NO_TURN_TEXT },
    ],
    ["says so when nothing fits", [user("hello")], { text: NO_TURN_TEXT }],
    ["says so when there is nothing", [], { text: NO_TURN_TEXT }],
  ])("%s", (_what, items, step) => {
    expect(nextStep(SCRIPT, items)).toEqual(step);
  });

  it("passes over arguments that are not its own", () => {
    const strange: Item = { type: "function_call", call_id: "c", name: "x", arguments: "not json" };
    expect(nextStep(SCRIPT, [user("book"), strange, output("c")])).toEqual(SCRIPT.turns[0]?.script.steps[0]);
  });

  it("asks for no operation twice and ends, whatever order the answers come in", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { maxLength: 12 }), (choices) => {
        const items: Item[] = [user("book")];
        const asked: string[] = [];
        for (const choice of choices) {
          const calls = nextStep(SCRIPT, items).calls ?? [];
          const next = calls[choice % Math.max(calls.length, 1)];
          if (next === undefined) break;
          asked.push(next.operation);
          items.push(...done(next.operation, `call_${asked.length}`));
        }
        expect(new Set(asked).size).toBe(asked.length);
        expect(asked.length < 3 || nextStep(SCRIPT, items).text === "booked").toBe(true);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
