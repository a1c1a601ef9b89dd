import { describe, expect, it } from "vitest";

import type { JsonObject } from "./json.ts";
import { createPointReader } from "./point-of-event.ts";
import { describePoint, PROTOCOL_POINTS } from "./protocol-point.ts";

const create = (more: JsonObject = {}): JsonObject => ({ type: "response.create", input: "hello", ...more });
const output = { type: "function_call_output", call_id: "call_1", output: "ok" };
const created: JsonObject = { type: "response.created", response: { id: "resp_1" } };
const call = { type: "function_call", call_id: "call_1", name: "perform", arguments: "{}" };
const message = { type: "message", role: "assistant", content: [] };

describe("the point that a message reaches", () => {
  it.each<[string | undefined, JsonObject]>([
    ["P4", { type: "response.output_item.added", item: call }],
    [undefined, { type: "response.output_item.added", item: message }],
    ["P5", { type: "response.function_call_arguments.delta", delta: "{" }],
    [undefined, { type: "response.function_call_arguments.done", arguments: "{}" }],
    ["P6", { type: "response.output_item.done", item: call }],
    [undefined, { type: "response.output_item.done", item: message }],
    [undefined, { type: "response.output_item.done" }],
    ["P7", { type: "response.completed", response: { output: [message, call] } }],
    ["P13", { type: "response.completed", response: { output: [message] } }],
    ["P13", { type: "response.completed" }],
    ["P12", { type: "response.output_text.delta", delta: "a" }],
    [undefined, { type: "response.in_progress" }],
    [undefined, { type: 5 }],
    [undefined, {}],
  ])("is %s for %j", (point, event) => {
    expect(createPointReader().ofServerEvent(event)).toBe(point);
  });

  it("is P2 for a create, and P10 where its newest item answers a tool", () => {
    const reader = createPointReader();
    expect(reader.ofClientEvent(create())).toBe("P2");
    expect(reader.ofClientEvent(create({ input: [output] }))).toBe("P10");
    expect(reader.ofClientEvent(create({ input: [call, output, { role: "user", content: "next" }] }))).toBe("P2");
    expect(reader.ofClientEvent(create({ input: [] }))).toBe("P2");
    expect(reader.ofClientEvent({ type: "response.cancel" })).toBeUndefined();
  });

  it("is P3 or P11 for response.created by the create that it answers, the oldest one first", () => {
    const reader = createPointReader();
    for (const input of ["hello", [output], "again"]) reader.ofClientEvent(create({ input }));
    expect([1, 2, 3, 4].map(() => reader.ofServerEvent(created))).toEqual(["P3", "P11", "P3", "P3"]);
  });

  it("is told apart by lane", () => {
    const reader = createPointReader();
    reader.ofClientEvent(create({ input: [output], stream_id: "x" }));
    reader.ofClientEvent(create());
    expect(reader.ofServerEvent(created)).toBe("P3");
    expect(reader.ofServerEvent({ ...created, stream_id: "x" })).toBe("P11");
  });

  it("is not moved by a create that was refused", () => {
    const reader = createPointReader();
    reader.ofClientEvent(create({ input: [output] }));
    expect(reader.ofServerEvent({ type: "error", error: {} })).toBeUndefined();
    reader.ofClientEvent(create());
    expect(reader.ofServerEvent(created)).toBe("P3");
  });

  it("is remembered for 64 unanswered creates of a lane at most", () => {
    const reader = createPointReader();
    for (let index = 0; index < 100; index += 1) reader.ofClientEvent(create({ input: [output] }));
    const points = Array.from({ length: 100 }, () => reader.ofServerEvent(created));
    expect(points.filter((point) => point === "P11")).toHaveLength(64);
  });
});

describe("the protocol points", () => {
  it("are P0 to P14, in order", () => {
    expect(PROTOCOL_POINTS.map(({ point }) => point)).toEqual(Array.from({ length: 15 }, (_, index) => `P${index}`));
    expect(describePoint("P8").heldBy).toBe("tool");
  });
});
