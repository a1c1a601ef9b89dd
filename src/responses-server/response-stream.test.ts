import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";

import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import type { ModelStep, SessionScript } from "../protocol/model-script.ts";
import {
  createHandClock,
  openServerTestBed,
  outputOf,
  responseOf,
  type ServerTestBed,
  typesOf,
  until,
} from "./server-bed.test-support.ts";

let bed: ServerTestBed | undefined;
afterEach(async () => await bed?.close());

function scriptOf(...steps: ModelStep[]): SessionScript {
  return { turns: [{ userText: "go", script: { steps } }] };
}

async function play(script: SessionScript, fields: JsonObject = {}): Promise<JsonObject[]> {
  bed = await openServerTestBed({ scriptOf: () => script });
  const peer = await bed.dial();
  const events = await peer.create({ input: "go", ...fields });
  await bed.close();
  return events;
}

/** The strictest chunk schema that a released client has (protocol.md Appendix A). */
function validatorProblems(event: JsonObject): string[] {
  const wants = (place: unknown, members: Record<string, string>): string[] =>
    Object.entries(members).flatMap(([name, kind]) => {
      const value = isJsonObject(place) ? place[name] : undefined;
      return typeof value === kind ? [] : [`${String(event["type"])}: ${name} is no ${kind}`];
    });
  const response = isJsonObject(event["response"]) ? event["response"] : {};
  const item = isJsonObject(event["item"]) ? event["item"] : {};
  switch (event["type"]) {
    case "response.created":
    case "response.in_progress":
      return wants(response, { id: "string", created_at: "number", model: "string" });
    case "response.completed":
    case "response.incomplete":
      return wants(response["usage"], { input_tokens: "number", output_tokens: "number" });
    case "response.failed":
      return [...wants(event, { sequence_number: "number" }), ...wants(response["error"], { message: "string" })];
    case "response.output_text.delta":
      return wants(event, { item_id: "string", delta: "string" });
    case "response.function_call_arguments.delta":
      return wants(event, { item_id: "string", output_index: "number", delta: "string" });
    case "response.output_item.added":
    case "response.output_item.done": {
      if (item["type"] !== "function_call") return wants(item, { id: "string" });
      const isDone = event["type"] === "response.output_item.done";
      const members = { id: "string", call_id: "string", name: "string", arguments: "string" };
      return wants(item, isDone ? { ...members, status: "string" } : members);
    }
    default:
      return [];
  }
}

describe("the order of events", () => {
  it("puts reasoning, text and calls one after the other, each at its own index", async () => {
    const events = await play(
      scriptOf(
        { reasoning: "hm", text: "I look.", calls: [{ operation: "a" }, { operation: "b" }], deltas: 1 },
        { text: "x" },
      ),
    );
    expect(events.map((event) => [event["type"], event["output_index"]])).toEqual([
      ["response.created", undefined],
      ["response.in_progress", undefined],
      ["response.output_item.added", 0],
      ["response.reasoning_summary_part.added", 0],
      ["response.reasoning_summary_text.delta", 0],
      ["response.reasoning_summary_text.done", 0],
      ["response.reasoning_summary_part.done", 0],
      ["response.output_item.done", 0],
      ["response.output_item.added", 1],
      ["response.content_part.added", 1],
      ["response.output_text.delta", 1],
      ["response.output_text.done", 1],
      ["response.content_part.done", 1],
      ["response.output_item.done", 1],
      ...[2, 3].flatMap((index) => [
        ["response.output_item.added", index],
        ["response.function_call_arguments.delta", index],
        ["response.function_call_arguments.done", index],
        ["response.output_item.done", index],
      ]),
      ["response.completed", undefined],
    ]);
  });

  it("alternates the deltas of several calls where the script says so", async () => {
    const calls = [{ operation: "a" }, { operation: "b" }];
    const events = await play(scriptOf({ calls, deltas: 2, interleaved: true }, { text: "x" }));
    const deltas = events.filter(({ type }) => type === "response.function_call_arguments.delta");
    expect(deltas.map((event) => event["output_index"])).toEqual([0, 1, 0, 1]);
    expect(outputOf(events).map((item) => item["arguments"])).toEqual(['{"operation":"a"}', '{"operation":"b"}']);
  });

  it("gives reasoning another encrypted content at done than at added, and only where it was asked for", async () => {
    const script = scriptOf({ reasoning: "hm", text: "x" });
    const [plain] = outputOf(await play(script));
    expect(plain).not.toHaveProperty("encrypted_content");
    const events = await play(script, { include: ["reasoning.encrypted_content"] });
    const [item] = outputOf(events);
    expect(item?.["encrypted_content"]).toMatch(/^[0-9a-f]{64}$/);
    expect(events[2]).toMatchObject({ item: { type: "reasoning", encrypted_content: expect.any(String) } });
    expect(events[2]).not.toMatchObject({ item: { encrypted_content: item?.["encrypted_content"] } });
  });

  it("fails in the recorded order where the script says so, and never finishes the last item", async () => {
    const ending = { kind: "failed", code: "server_error", message: "The model had an error." } as const;
    const events = await play(scriptOf({ text: "partly", ending }));
    bed = await openServerTestBed({ scriptOf: () => scriptOf({ text: "partly", ending }) });
    const peer = await bed.dial();
    const all = [...(await peer.create({ input: "go" })), await peer.next()];
    expect(typesOf(all).slice(-3)).toEqual(["response.output_text.delta", "error", "response.failed"]);
    expect(events.at(-1)).toMatchObject({ sequence_number: 8, error: { code: "server_error" } });
    expect(all.at(-1)).toMatchObject({
      sequence_number: 9,
      response: { status: "failed", error: { code: "server_error" }, output: [{ status: "incomplete" }] },
    });
    expect(all.flatMap(validatorProblems)).toEqual([]);
  });

  it("ends incomplete where the script says so, with what was said so far", async () => {
    const ending = { kind: "incomplete", reason: "max_output_tokens" } as const;
    const events = await play(scriptOf({ calls: [{ operation: "a" }], ending }, { text: "x" }));
    expect(typesOf(events)).not.toContain("response.output_item.done");
    expect(responseOf(events.at(-1))).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ type: "function_call", status: "incomplete", arguments: '{"operation":"a"}' }],
    });
    expect(events.flatMap(validatorProblems)).toEqual([]);
  });

  it("holds for any step: numbers without a gap, deltas that add up, and the strictest validator content", async () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const key = fc.stringMatching(/^[\w.-]{1,12}$/);
    const step = fc.record({
      reasoning: fc.option(text, { nil: undefined }),
      text: fc.option(text, { nil: undefined }),
      calls: fc.uniqueArray(fc.record({ operation: key, arguments: fc.dictionary(fc.string(), text) }), {
        selector: ({ operation }) => operation,
        minLength: 1,
        maxLength: 4,
      }),
      deltas: fc.integer({ min: 1, max: 9 }),
      interleaved: fc.boolean(),
    });
    let current: ModelStep = { text: "" };
    bed = await openServerTestBed({ scriptOf: () => scriptOf(current, { text: "x" }) });
    const peer = await bed.dial();
    await fc.assert(
      fc.asyncProperty(step, async ({ reasoning, text: said, ...rest }) => {
        current = {
          ...rest,
          ...(reasoning === undefined ? {} : { reasoning }),
          ...(said === undefined ? {} : { text: said }),
        };
        const events = await peer.create({ input: "go" });
        expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
        expect(events.flatMap(validatorProblems)).toEqual([]);
        for (const [index, item] of outputOf(events).entries()) {
          const deltas = events.filter(
            (event) => event["output_index"] === index && typeof event["delta"] === "string",
          );
          const whole = deltas.map((event) => event["delta"]).join("");
          expect(JSON.stringify(item)).toContain(JSON.stringify(whole));
        }
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});

describe("the pace", () => {
  it("pauses before each delta, on the injected clock alone", async () => {
    const clock = createHandClock();
    bed = await openServerTestBed({
      clock,
      connectionAgeMsMax: 0,
      scriptOf: () => scriptOf({ text: "abc", deltas: 3, deltaGapMs: 60_000 }),
    });
    const peer = await bed.dial();
    peer.send({ type: "response.create", model: "m", input: "go" });
    const told = (): number => peer.pending().filter(({ type }) => type === "response.output_text.delta").length;
    for (const count of [1, 2, 3]) {
      await until(() => clock.timerCount() > 0, "the pause");
      clock.advance(59_999);
      clock.advance(1);
      await until(() => told() === count, `delta ${count}`);
    }
    expect((await peer.response()).at(-1)?.["type"]).toBe("response.completed");
  });

  it("abandons a response whose connection ends during a pause", async () => {
    const clock = createHandClock();
    bed = await openServerTestBed({ clock, scriptOf: () => scriptOf({ text: "abc", deltaGapMs: 10 }) });
    const peer = await bed.dial();
    peer.send({ type: "response.create", model: "m", input: "go" });
    await until(() => peer.pending().length === 4, "the first events");
    peer.socket.terminate();
    await until(() => bed?.eventsOf("response-abandoned").length === 1, "the end of the response");
    expect(clock.timerCount()).toBe(0);
  });
});
