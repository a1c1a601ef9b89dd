import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import type { JsonObject } from "../protocol/json.ts";
import { createAccumulation, type ResponseEnd } from "./index.ts";
import { whole } from "./scripted-server.test-support.ts";

const context = { clock: createSystemClock(), random: createRandom(1) };

function read(events: readonly JsonObject[]): { end: ResponseEnd | undefined; text: string } {
  const accumulator = createAccumulation()(context).forRequest();
  let text = "";
  for (const event of events) {
    const progress = accumulator.read(event);
    text += progress.text ?? "";
    if (progress.end !== undefined) return { end: progress.end, text };
  }
  return { end: undefined, text };
}

const two = whole("resp_1", {
  calls: [
    { id: "call_1", arguments: '{"a":1}' },
    { id: "call_2", arguments: '{"b":2}' },
  ],
});
const canonical = [
  { type: "function_call", call_id: "call_1", name: "perform", arguments: '{"a":1}' },
  { type: "function_call", call_id: "call_2", name: "perform", arguments: '{"b":2}' },
];
const unnumbered = (events: readonly JsonObject[]): JsonObject[] =>
  events.map((event) => ({ ...event, sequence_number: null }));
const withoutOutput = (events: readonly JsonObject[]): JsonObject[] =>
  events.map((event) =>
    event["type"] === "response.completed" ? { ...event, response: { id: "resp_1", output: [] } } : event,
  );
const isDone = (event: JsonObject): boolean => event["type"] === "response.output_item.done";

describe("a response put together from its events", () => {
  it("has each done item once, without what belongs to the connection", () => {
    expect(read(two).end).toEqual({ kind: "completed", responseId: "resp_1", items: canonical });
    expect(read(withoutOutput(two)).end).toMatchObject({ items: canonical });
  });

  it("takes a repeated item once, whether the repeat has the same number or none", () => {
    const repeated = two.flatMap((event) => (isDone(event) ? [event, event] : [event]));
    expect(read(repeated).end).toMatchObject({ items: canonical });
    expect(read(unnumbered(repeated)).end).toMatchObject({ items: canonical });
  });

  it("shows a repeated delta once", () => {
    const text = whole("resp_1", { text: "sunny day" });
    expect(read(text.flatMap((event) => [event, event]))).toMatchObject({ text: "sunny day" });
  });

  it("fills items whose done event is missing from the completed response", () => {
    const events = unnumbered(two.filter((event) => !isDone(event)));
    expect(read(events).end).toMatchObject({ items: canonical });
  });

  it("believes the done item where the completed response says something else", () => {
    const conflicting = two.map((event) =>
      event["type"] === "response.completed"
        ? { ...event, response: { id: "resp_1", output: [{ ...canonical[0], arguments: "{}", call_id: "call_9" }] } }
        : event,
    );
    expect(read(conflicting).end).toMatchObject({ items: canonical });
  });

  it("takes calls that interleave, and two calls that claim one place", () => {
    const calls = two.filter((event) => event["type"] !== "response.output_item.added");
    const order = [0, 1, 3, 2, 5, 4].map((index) => calls[index]).filter((event) => event !== undefined);
    expect(read(unnumbered(withoutOutput([...order, ...calls.slice(6)]))).end).toMatchObject({ items: canonical });
    const onePlace = withoutOutput(two).map((event) => (isDone(event) ? { ...event, output_index: 0 } : event));
    expect(read(onePlace).end).toMatchObject({ items: canonical });
  });

  it("counts after a missing event only if its end brings the whole output, and shows nothing more", () => {
    const text = whole("resp_1", { text: "sunny day" });
    const lost = text.findIndex(({ type }) => type === "response.output_text.delta");
    const gap = text.toSpliced(lost, 1);
    expect(read(gap)).toMatchObject({ text: "", end: { kind: "completed" } });
    expect(read(withoutOutput(gap)).end).toMatchObject({ kind: "failed", failure: { kind: "bad-frame" } });
  });

  it("keeps the encrypted reasoning of the done event", () => {
    const item = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "late", status: "completed" };
    const events = [{ type: "response.output_item.done", output_index: 0, item }, { type: "response.completed" }];
    expect(read(events).end).toEqual({
      kind: "completed",
      items: [{ type: "reasoning", summary: [], encrypted_content: "late" }],
    });
  });

  it("reads the older terminal, and ends only with a terminal", () => {
    const done = (status: string): JsonObject => ({ type: "response.done", response: { id: "resp_1", status } });
    expect(read([done("completed")]).end).toMatchObject({ kind: "completed", responseId: "resp_1" });
    expect(read([done("incomplete")]).end).toMatchObject({ failure: { kind: "response-incomplete" } });
    expect(read([done("failed")]).end).toMatchObject({ failure: { kind: "response-failed" } });
    expect(read(two.slice(0, -1)).end).toBeUndefined();
  });

  it("leaves out calls that lack what is needed to run them", () => {
    const item = { type: "function_call", call_id: "call_1", name: "perform" };
    const events = [
      { type: "response.output_item.done", item },
      { type: "response.completed", response: { output: [item] } },
    ];
    expect(read(events).end).toEqual({ kind: "completed", items: [] });
  });
});
