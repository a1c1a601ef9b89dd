import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { JsonObject } from "../protocol/json.ts";
import {
  idOf,
  openServerTestBed,
  outputOf,
  responseOf,
  type ServerTestBed,
  typesOf,
} from "./server-bed.test-support.ts";

let bed: ServerTestBed;
beforeEach(async () => {
  bed = await openServerTestBed();
});
afterEach(async () => await bed.close());

const TOOL_OUTPUT = { type: "function_call_output", output: "sunny" };
const USER = { type: "message", role: "user", content: "weather?" };

function callOf(events: readonly JsonObject[]): JsonObject {
  return outputOf(events).find(({ type }) => type === "function_call") ?? {};
}

describe("one tool turn on the default lane (protocol.md A.1)", () => {
  it("tells the call, event by event", async () => {
    const peer = await bed.dial();
    const events = await peer.create({ input: "weather?" });
    expect(typesOf(events)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      ...Array.from({ length: 4 }, () => "response.function_call_arguments.delta"),
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(events.every((event) => !("stream_id" in event))).toBe(true);
    const [call] = outputOf(events);
    expect(call).toEqual({
      id: expect.stringMatching(/^fc_[0-9a-f]{8}_000001$/),
      type: "function_call",
      status: "completed",
      arguments: '{"operation":"look"}',
      call_id: expect.stringMatching(/^call_[0-9a-f]{8}_000001$/),
      name: "w",
    });
    expect(events[2]).toMatchObject({ item: { ...call, status: "in_progress", arguments: "" }, output_index: 0 });
    expect(events[8]).toEqual({ type: "response.output_item.done", sequence_number: 8, output_index: 0, item: call });
    const deltas = events.filter(({ type }) => type === "response.function_call_arguments.delta");
    expect(deltas.map((event) => event["delta"]).join("")).toBe('{"operation":"look"}');
  });

  it("goes on from the cache with the output alone, and numbers the next response from 0", async () => {
    const peer = await bed.dial();
    const first = await peer.create({ input: "weather?" });
    const second = await peer.create({
      previous_response_id: idOf(first),
      input: [{ ...TOOL_OUTPUT, call_id: callOf(first)["call_id"] }],
    });
    expect(typesOf(second)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      ...Array.from({ length: 4 }, () => "response.output_text.delta"),
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(second[0]?.["sequence_number"]).toBe(0);
    expect(idOf(second)).toMatch(/^resp_[0-9a-f]{8}_000002$/);
    expect(responseOf(second.at(-1))["previous_response_id"]).toBe(idOf(first));
    expect(outputOf(second)).toMatchObject([{ type: "message", content: [{ text: "It is sunny." }] }]);
  });

  it("goes on from the full history on a new socket (A.2), and refuses the id there (A.3)", async () => {
    const first = await bed.dial();
    const events = await first.create({ input: "weather?" });
    first.socket.terminate();
    const second = await bed.dial();
    const output = { ...TOOL_OUTPUT, call_id: callOf(events)["call_id"] };
    expect(await second.create({ previous_response_id: idOf(events), input: [output] })).toEqual([
      {
        type: "error",
        status: 400,
        error: {
          type: "invalid_request_error",
          code: "previous_response_not_found",
          message: `Previous response with id '${idOf(events)}' not found.`,
          param: "previous_response_id",
        },
      },
    ]);
    const { id: _, status: __, ...call } = callOf(events);
    const replayed = await second.create({ input: [USER, call, output] });
    expect(outputOf(replayed)).toMatchObject([{ content: [{ text: "It is sunny." }] }]);
  });

  it("goes on over three responses, whose items stay in their order", async () => {
    const peer = await bed.dial();
    const first = await peer.create({ input: "weather?" });
    const output = { ...TOOL_OUTPUT, call_id: callOf(first)["call_id"] };
    const second = await peer.create({ previous_response_id: idOf(first), input: [output] });
    const third = await peer.create({ previous_response_id: idOf(second), input: "hello" });
    expect(outputOf(third)).toMatchObject([{ content: [{ text: "Hi there, friend." }] }]);
    const fourth = await peer.create({ previous_response_id: idOf(third), input: [] });
    expect(outputOf(fourth)).toMatchObject([{ content: [{ text: "Hi there, friend." }] }]);
    expect(bed.eventsOf("create-accepted").map(({ effectiveInputSize }) => effectiveInputSize)).toEqual([1, 3, 5, 6]);
  });

  it("asks again under a new call id when the client forgot the call", async () => {
    const peer = await bed.dial();
    const first = await peer.create({ input: "weather?" });
    const second = await peer.create({ input: "weather?" });
    expect(callOf(second)["arguments"]).toBe(callOf(first)["arguments"]);
    expect(callOf(second)["call_id"]).not.toBe(callOf(first)["call_id"]);
  });
});

describe("the connection's memory", () => {
  it("forks from another lane, and keeps the parent when the fork fails", async () => {
    const peer = await bed.dial();
    const parent = await peer.create({ input: "hello", stream_id: "a" });
    const orphan = [{ ...TOOL_OUTPUT, call_id: "call_none" }];
    const failed = await peer.create({ previous_response_id: idOf(parent), input: orphan, stream_id: "b" });
    expect(failed[0]).toMatchObject({ type: "error", stream_id: "b" });
    const fork = await peer.create({ previous_response_id: idOf(parent), input: "hello", stream_id: "b" });
    expect(fork.every((event) => event["stream_id"] === "b")).toBe(true);
    expect(fork.at(-1)?.["type"]).toBe("response.completed");
  });

  it("evicts the parent when a continuation of its own lane fails", async () => {
    const peer = await bed.dial();
    const parent = await peer.create({ input: "hello" });
    await peer.create({ previous_response_id: idOf(parent), input: [{ ...TOOL_OUTPUT, call_id: "call_none" }] });
    const retry = await peer.create({ previous_response_id: idOf(parent), input: "hello" });
    expect(retry[0]).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect(bed.eventsOf("cache-evicted")).toMatchObject([{ responseId: idOf(parent) }]);
  });

  it("keeps what a lane said last when a fork into that lane fails", async () => {
    const peer = await bed.dial();
    const parent = idOf(await peer.create({ input: "hello", stream_id: "a" }));
    const own = idOf(await peer.create({ input: "hello", stream_id: "b" }));
    const orphan = [{ ...TOOL_OUTPUT, call_id: "call_none" }];
    await peer.create({ previous_response_id: parent, input: orphan, stream_id: "b" });
    const next = await peer.create({ previous_response_id: own, input: "hello", stream_id: "b" });
    expect(next.at(-1)?.["type"]).toBe("response.completed");
  });

  it("evicts it too when the fields of the continuation are wrong", async () => {
    const peer = await bed.dial();
    const parent = await peer.create({ input: "hello" });
    await peer.create({ previous_response_id: idOf(parent), input: 7 });
    const retry = await peer.create({ previous_response_id: idOf(parent), input: "hello" });
    expect(retry[0]).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it("keeps the latest completed response of a lane and no older one", async () => {
    const peer = await bed.dial();
    const older = await peer.create({ input: "hello" });
    await peer.create({ input: "hello" });
    const late = await peer.create({ previous_response_id: idOf(older), input: "hello" });
    expect(late[0]).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it("reads a stored response on another connection of the same key, and of no other key", async () => {
    const first = await bed.dial("key-a");
    const parent = await first.create({ input: "hello", store: true });
    const same = await bed.dial("key-a");
    const other = await bed.dial("key-b");
    const next = { previous_response_id: idOf(parent), input: "hello" };
    expect((await same.create(next)).at(-1)?.["type"]).toBe("response.completed");
    expect((await other.create(next))[0]).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it("stores where the create does not say", async () => {
    const parent = await (await bed.dial()).create({ input: "hello", store: undefined });
    const next = await (await bed.dial()).create({ input: "hello", previous_response_id: idOf(parent) });
    expect(next.at(-1)?.["type"]).toBe("response.completed");
    expect(responseOf(parent.at(-1))["store"]).toBe(true);
  });

  it("counts what lay in the cache of the connection as cached tokens, and nothing that was read from the store", async () => {
    const first = await bed.dial();
    const parent = await first.create({ input: "hello", store: true });
    const usageOf = (events: readonly JsonObject[]): unknown => responseOf(events.at(-1))["usage"];
    const total = (usageOf(parent) as { total_tokens: number }).total_tokens;
    expect(usageOf(parent)).toMatchObject({ input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 } });
    const same = await first.create({ previous_response_id: idOf(parent), input: [] });
    expect(usageOf(same)).toMatchObject({ input_tokens: total, input_tokens_details: { cached_tokens: total } });
    const second = await bed.dial();
    const other = await second.create({ previous_response_id: idOf(parent), input: [] });
    expect(usageOf(other)).toMatchObject({ input_tokens: total, input_tokens_details: { cached_tokens: 0 } });
  });

  it("gives a warm-up an id that can be chained with only new input", async () => {
    const peer = await bed.dial();
    const warm = await peer.create({ generate: false, input: [], instructions: "be kind" });
    expect(typesOf(warm)).toEqual(["response.created", "response.in_progress", "response.completed"]);
    expect(responseOf(warm.at(-1))).toMatchObject({
      object: "response",
      status: "completed",
      background: false,
      error: null,
      output: [],
      instructions: "be kind",
      completed_at: expect.any(Number),
      usage: { output_tokens: 0 },
    });
    const next = await peer.create({ previous_response_id: idOf(warm), input: "hello" });
    expect(outputOf(next)).toMatchObject([{ content: [{ text: "Hi there, friend." }] }]);
  });
});

describe("ids and times", () => {
  it("are the same for the same key whatever other keys do, and differ between keys", async () => {
    const alone = await bed.dial("key-a");
    const first = await alone.create({ input: "weather?" });
    const other = await openServerTestBed();
    const noise = await other.dial("key-b");
    const noisy = await noise.create({ input: "weather?" });
    const again = await other.dial("key-a");
    const second = await again.create({ input: "weather?" });
    await other.close();
    expect(second).toEqual(first);
    expect(idOf(noisy)).not.toBe(idOf(first));
    expect(idOf(noisy)).toHaveLength(idOf(first).length);
  });

  it("puts a request id into the answer to the upgrade", async () => {
    const peer = await bed.dial();
    expect(peer.headers["x-request-id"]).toMatch(/^req_[0-9a-f]{8}_000001$/);
  });
});
