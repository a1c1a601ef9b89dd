import { once } from "node:events";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { JsonObject } from "../protocol/json.ts";
import {
  createHandClock,
  idOf,
  openServerTestBed,
  outputOf,
  responseOf,
  type ServerTestBed,
  type TestPeer,
  typesOf,
  until,
  within,
} from "./server-bed.test-support.ts";
import type { OrderAction, OrderPlace, ServerOrder, ServerPoint } from "./server-order.ts";

const clock = createHandClock();
let bed: ServerTestBed;
beforeEach(async () => {
  bed = await openServerTestBed({ clock });
});
afterEach(async () => await bed.close());

function order(at: OrderPlace, action: OrderAction, more: Partial<ServerOrder> = {}): string {
  return bed.server.control.order({ at, action, ...more }).id;
}

/** Runs the turn with one tool, as far as the server lets it. */
async function playTurn(peer: TestPeer): Promise<void> {
  const first = await peer.create({ input: "weather?" });
  const callId = outputOf(first)[0]?.["call_id"];
  const output = { type: "function_call_output", call_id: callId, output: "sunny" };
  await peer.create({ previous_response_id: idOf(first), input: [output] });
}

describe("a hold", () => {
  it.each<[ServerPoint, "before" | "after", number, string | undefined]>([
    ["P2", "after", 0, undefined],
    ["P3", "before", 0, undefined],
    ["P3", "after", 1, "response.created"],
    ["P4", "after", 3, "response.output_item.added"],
    ["P5", "after", 4, "response.function_call_arguments.delta"],
    ["P6", "before", 8, "response.function_call_arguments.done"],
    ["P6", "after", 9, "response.output_item.done"],
    ["P7", "before", 9, "response.output_item.done"],
    ["P7", "after", 10, "response.completed"],
    ["P10", "after", 10, "response.completed"],
    ["P11", "before", 10, "response.completed"],
    ["P11", "after", 11, "response.created"],
    ["P12", "after", 15, "response.output_text.delta"],
    ["P13", "before", 21, "response.output_item.done"],
    ["P13", "after", 22, "response.completed"],
  ])("at %s, edge %s, stands still with exactly %i events written", async (...[point, edge, count, last]) => {
    const id = order({ point, edge }, { kind: "hold" });
    const peer = await bed.dial();
    const types: string[] = [];
    peer.socket.on("message", (data: Buffer) =>
      types.push(...typesOf([JSON.parse(data.toString("utf8")) as JsonObject])),
    );
    const turn = playTurn(peer);
    await until(() => bed.server.control.holds().length === 1, "the hold");
    await until(() => types.length >= count, "the events before it");
    // The answer to a ping comes behind everything that the server has written.
    const pong = once(peer.socket, "pong");
    peer.socket.ping();
    await within(pong, "the pong");
    expect([types.length, types.at(-1)]).toEqual([count, last]);
    expect(bed.eventsOf("held")).toMatchObject([{ order: id, moment: { apiKey: "key-a", point, edge } }]);
    expect(bed.server.control.release(id)).toBe(1);
    await turn;
    expect(bed.eventsOf("response-completed")).toHaveLength(2);
    expect(bed.eventsOf("hold-ended")).toMatchObject([{ why: "released" }]);
  });

  it("at the nth event of any kind, of one key, one connection and one lane alone", async () => {
    const at = { edge: "after" } as const;
    const id = order(at, { kind: "hold" }, { apiKey: "key-b", connection: 1, lane: "x", occurrence: 3 });
    for (const key of ["key-a", "key-b"]) await (await bed.dial(key)).create({ input: "hello", stream_id: "x" });
    const peer = await bed.dial("key-b");
    await peer.create({ input: "hello" });
    peer.send({ type: "response.create", model: "m", input: "hello", stream_id: "x" });
    await until(() => bed.server.control.holds().length === 1, "the hold");
    await until(() => peer.pending().length === 3, "three events");
    expect(bed.server.control.release(id)).toBe(1);
    expect((await peer.response()).at(-1)?.["type"]).toBe("response.completed");
  });

  it("ends at its deadline, and with its connection", async () => {
    order({ point: "P3", edge: "before" }, { kind: "hold", deadlineMs: 500 }, { times: 2 });
    const peer = await bed.dial();
    peer.send({ type: "response.create", model: "m", input: "hello" });
    await until(() => bed.server.control.holds().length === 1, "the hold");
    clock.advance(500);
    await peer.response();
    peer.send({ type: "response.create", model: "m", input: "hello" });
    await until(() => bed.server.control.holds().length === 1, "the second hold");
    peer.socket.terminate();
    await until(() => bed.server.control.holds().length === 0, "its end");
    expect(bed.eventsOf("hold-ended").map(({ why }) => why)).toEqual(["deadline", "closed"]);
  });

  it("before the answer to an upgrade delays the 101", async () => {
    const id = order({ point: "P1", edge: "before" }, { kind: "hold" });
    const dialling = bed.dial();
    await until(() => bed.server.control.holds().length === 1, "the hold");
    expect(bed.server.connectionCount()).toBe(0);
    bed.server.control.release(id);
    expect((await (await dialling).create({ input: "hello" })).at(-1)?.["type"]).toBe("response.completed");
  });
});

describe("an upgrade", () => {
  it.each([401, 403, 404, 426, 429, 500, 502, 503] as const)(
    "is refused with %i as often as ordered",
    async (status) => {
      const answers: [number | undefined, string | undefined][] = [];
      order({ point: "P1", edge: "before" }, { kind: "refuse", status, retryAfterSeconds: 3 }, { times: 2 });
      for (const _ of [1, 2]) {
        await expect(
          bed.dial("key-a", {
            finishRequest: (request) => {
              request.on("response", (answer) => answers.push([answer.statusCode, answer.headers["retry-after"]]));
              request.end();
            },
          }),
        ).rejects.toThrow(String(status));
      }
      expect(answers).toEqual([
        [status, "3"],
        [status, "3"],
      ]);
      await bed.dial();
      expect(bed.eventsOf("upgrade-refused").map((event) => event.status)).toEqual([status, status]);
    },
  );

  it.each<OrderAction>([{ kind: "reset" }, { kind: "end" }])("is cut before its answer: %j", async (action) => {
    order({ point: "P1", edge: "before" }, action);
    await expect(bed.dial()).rejects.toThrow(/hang up|ECONNRESET/);
    await bed.dial();
  });

  it("is followed at once by a close with 1008 and no reason", async () => {
    order({ point: "P1", edge: "after" }, { kind: "close", code: 1008 });
    expect(await (await bed.dial()).closed()).toEqual({ code: 1008, reason: "" });
  });
});

describe("a connection", () => {
  it.each([1000, 1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4402])(
    "is closed with %i after an event",
    async (code) => {
      order({ point: "P6", edge: "after" }, { kind: "close", code, reason: "because" });
      const peer = await bed.dial();
      peer.send({ type: "response.create", model: "m", input: "weather?" });
      expect(await peer.closed()).toEqual({ code, reason: "because" });
      expect(peer.pending().at(-1)?.["type"]).toBe("response.output_item.done");
      expect(bed.eventsOf("response-abandoned")).toHaveLength(1);
    },
  );

  it.each<[OrderAction, number]>([
    [{ kind: "close", code: 1005 }, 1005],
    [{ kind: "reset" }, 1006],
    [{ kind: "end" }, 1006],
  ])("ends on the spot: %j is %i for the client", async (action, code) => {
    const peer = await bed.dial();
    expect(bed.server.control.order({ apiKey: "key-b", action })).toMatchObject({ connections: 0 });
    expect(bed.server.control.order({ apiKey: "key-a", connection: 0, action })).toMatchObject({ connections: 1 });
    expect(await peer.closed()).toMatchObject({ code });
    await until(() => bed.server.connectionCount() === 0, "the server's end");
  });

  it("freezes: no bytes and no pong until it thaws", async () => {
    order({ point: "P3", edge: "after" }, { kind: "freeze", forMs: 500 });
    const peer = await bed.dial();
    let pongs = 0;
    peer.socket.on("pong", () => (pongs += 1));
    peer.send({ type: "response.create", model: "m", input: "hello" });
    await until(() => bed.eventsOf("response-completed").length === 1, "the server's side of the response");
    peer.socket.ping();
    const other = await bed.dial();
    await other.create({ input: "hello" });
    expect(peer.pending().length).toBeLessThanOrEqual(1);
    expect(pongs).toBe(0);
    clock.advance(500);
    expect((await peer.response()).at(-1)?.["type"]).toBe("response.completed");
    await until(() => pongs === 1, "the pong");
  });

  it("sends no ping and expects no pong while it is frozen", async () => {
    const own = await openServerTestBed({ clock, pingIntervalMs: 1_000, pongTimeoutMs: 1_000 });
    const peer = await own.dial();
    let pings = 0;
    peer.socket.on("ping", () => (pings += 1));
    own.server.control.order({ action: { kind: "freeze" } });
    clock.advance(10_000);
    own.server.control.order({ action: { kind: "thaw" } });
    expect((await peer.create({ input: "hello" })).at(-1)?.["type"]).toBe("response.completed");
    expect(pings).toBe(0);
    clock.advance(1_000);
    await until(() => pings === 1, "the ping after the thaw");
    expect(own.eventsOf("closing")).toEqual([]);
    await own.close();
  });

  it("gets an error that belongs to no request", async () => {
    const peer = await bed.dial();
    const shape = { form: "flat", omit: ["status"] } as const;
    bed.server.control.order({ action: { kind: "error", code: "slow_down", message: "Slow down.", type: "x", shape } });
    expect(await peer.next()).toEqual({ type: "error", code: "slow_down", message: "Slow down.", param: null });
  });
});

describe("an event", () => {
  it("is left out, its number used up", async () => {
    order({ type: "response.output_item.done", edge: "before" }, { kind: "drop" });
    const events = await (await bed.dial()).create({ input: "weather?" });
    expect(typesOf(events)).not.toContain("response.output_item.done");
    expect(events.map((event) => event["sequence_number"])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  });

  it("is written twice, byte for byte", async () => {
    order({ point: "P6", edge: "after" }, { kind: "repeat" });
    const events = await (await bed.dial()).create({ input: "weather?" });
    const done = events.filter(({ type }) => type === "response.output_item.done");
    expect(done).toHaveLength(2);
    expect(done[0]).toEqual(done[1]);
  });

  it("comes late", async () => {
    order({ type: "response.completed", edge: "before" }, { kind: "delay", delayMs: 1_000 });
    const peer = await bed.dial();
    peer.send({ type: "response.create", model: "m", input: "weather?" });
    await until(() => clock.timerCount() === 2, "the delay beside the age");
    await until(() => peer.pending().length === 9, "the events before it");
    clock.advance(1_000);
    expect((await peer.response()).at(-1)?.["type"]).toBe("response.completed");
  });

  it.each<["after" | "instead" | "never", string[]]>([
    ["after", ["error", "response.failed"]],
    ["instead", ["response.failed"]],
    ["never", ["error"]],
  ])("is followed by a failure, response.failed %s the error; the parent is evicted", async (failed, types) => {
    const peer = await bed.dial();
    const parent = idOf(await peer.create({ input: "hello" }));
    const error = {
      code: "server_is_overloaded",
      message: "Overloaded.",
      status: 503,
      type: "service_unavailable_error",
    };
    order({ point: "P4", edge: "after" }, { kind: "error", failed, ...error });
    peer.send({ type: "response.create", model: "m", store: false, input: "weather?", previous_response_id: parent });
    await until(() => peer.pending().length === 3 + types.length, "the failure");
    expect(typesOf(peer.pending()).slice(3)).toEqual(types);
    expect(peer.pending().map((event) => event["sequence_number"])).toEqual(
      failed === "instead" ? [0, 1, 2, 3] : Array.from({ length: 3 + types.length }, (_, index) => index),
    );
    expect(bed.eventsOf("cache-evicted")).toMatchObject([{ responseId: parent }]);
    expect(bed.eventsOf("response-failed")).toMatchObject([{ code: "server_is_overloaded" }]);
  });

  it("is followed by response.incomplete", async () => {
    order({ point: "P12", edge: "after" }, { kind: "incomplete", reason: "content_filter" });
    const events = await (await bed.dial()).create({ input: "hello" });
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { incomplete_details: { reason: "content_filter" }, output: [{ content: [{ text: "Hi t" }] }] },
    });
  });

  it("that completes a response is replaced by an error, and nothing can continue it", async () => {
    order({ point: "P13", edge: "before" }, { kind: "error", code: null, message: "No.", failed: "never" });
    const peer = await bed.dial();
    const events = await peer.create({ input: "hello", store: true });
    expect(events.at(-1)?.["type"]).toBe("error");
    const id = String(responseOf(events[0])["id"]);
    const [next] = await peer.create({ input: "hello", previous_response_id: id });
    expect(next).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it("that completed a response is followed by a late error", async () => {
    order({ point: "P13", edge: "after" }, { kind: "error", code: null, message: "Late." });
    const peer = await bed.dial();
    await peer.create({ input: "hello" });
    expect(await peer.next()).toMatchObject({ type: "error", error: { message: "Late." } });
  });
});

describe("a create", () => {
  it("is refused as often as ordered, in the shape that was ordered, and its parent evicted", async () => {
    const peer = await bed.dial();
    const parent = idOf(await peer.create({ input: "hello" }));
    const error = { code: "previous_response_not_found", message: "Invalid previous_response_id." };
    order({ point: "P2", edge: "after" }, { kind: "error", ...error, shape: { form: "message-only" } }, { times: 2 });
    for (const _ of [1, 2]) {
      const refused = await peer.create({ input: "hello", previous_response_id: parent });
      expect(refused).toEqual([{ type: "error", message: error.message }]);
    }
    expect(bed.eventsOf("create-refused")).toHaveLength(2);
    expect((await peer.create({ input: "hello", previous_response_id: parent }))[0]).toMatchObject({
      error: { code: "previous_response_not_found", message: `Previous response with id '${parent}' not found.` },
    });
  });
});

describe("the book of orders", () => {
  it("lists what waits, and takes it back", () => {
    const id = order({ point: "P6", edge: "after" }, { kind: "hold" });
    expect(bed.server.control.orders()).toMatchObject([{ id, order: { at: { point: "P6" } } }]);
    expect(bed.server.control.withdraw(id)).toBe(true);
    expect(bed.server.control.withdraw(id)).toBe(false);
    expect(bed.server.control.orders()).toEqual([]);
  });

  it("has a bound", () => {
    for (let count = 0; count < 1_000; count += 1) order({ point: "P6", edge: "after" }, { kind: "hold" });
    expect(() => order({ point: "P6", edge: "after" }, { kind: "hold" })).toThrow(/1000 orders/);
  });

  it.each<[string, ServerOrder]>([
    ["a refusal of an event", { at: { point: "P6", edge: "before" }, action: { kind: "refuse", status: 503 } }],
    ["a drop after the event", { at: { point: "P6", edge: "after" }, action: { kind: "drop" } }],
    ["a hold at once", { action: { kind: "hold" } }],
    ["a create before it was read", { at: { point: "P2", edge: "before" }, action: { kind: "hold" } }],
    ["a code that is never sent", { action: { kind: "close", code: 1006 } }],
    ["a reason that does not fit", { action: { kind: "close", code: 1000, reason: "é".repeat(62) } }],
    ["an occurrence of 0", { at: { edge: "after" }, occurrence: 0, action: { kind: "end" } }],
  ])("does not take %s", (_what, wrong) => {
    expect(() => bed.server.control.order(wrong)).toThrow(expect.objectContaining({ code: "HARNESS_INVALID_OPTION" }));
  });
});
