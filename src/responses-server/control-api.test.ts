import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../protocol/json.ts";
import { type ControlApi, openControlApi } from "./control-api.ts";
import { createEventLog, type LoggedEvent } from "./event-log.ts";
import { idOf, openServerTestBed, outputOf, type ServerTestBed, until, within } from "./server-bed.test-support.ts";

let bed: ServerTestBed;
let api: ControlApi;
beforeEach(async () => {
  const events = createEventLog();
  bed = await openServerTestBed({ onEvent: events.record });
  api = await openControlApi({ clock: createSystemClock(), control: bed.server.control, events });
});
afterEach(async () => {
  await api.close();
  await bed.close();
});

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: JsonObject }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(`${api.url}${path}`, { method, ...(text === undefined ? {} : { body: text }) });
  return { status: answer.status, body: parseJsonObject(await answer.text()) ?? {} };
}

/** Reads the event stream until the server ends it or enough lines have come. */
async function readEvents(after: number, enough: number): Promise<JsonObject[]> {
  const stop = new AbortController();
  const answer = await fetch(`${api.url}/events?after=${after}`, { signal: stop.signal });
  const lines: JsonObject[] = [];
  let rest = "";
  const decoder = new TextDecoder();
  const chunks: AsyncIterable<Uint8Array> | undefined = answer.body ?? undefined;
  if (chunks === undefined) return lines;
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => parseJsonObject(line) ?? {}));
    if (lines.length >= enough) break;
  }
  stop.abort();
  return lines;
}

describe("the control API", () => {
  it("lists connections, and closes them by an order without a place", async () => {
    const peer = await bed.dial();
    expect(await call("GET", "/connections")).toEqual({
      status: 200,
      body: { connections: [{ apiKey: "key-a", connection: 0 }] },
    });
    const order = { apiKey: "key-a", action: { kind: "close", code: 1012, reason: "restart" } };
    expect(await call("POST", "/orders", order)).toMatchObject({ status: 200, body: { connections: 1 } });
    expect(await peer.closed()).toEqual({ code: 1012, reason: "restart" });
  });

  it("gives, lists and takes back orders, and releases what they hold", async () => {
    const hold = { at: { point: "P13", edge: "before" }, action: { kind: "hold" } };
    const given = await call("POST", "/orders", hold);
    const id = String(given.body["id"]);
    expect(await call("GET", "/orders")).toEqual({ status: 200, body: { orders: [{ id, order: hold }] } });
    const peer = await bed.dial();
    peer.send({ type: "response.create", model: "m", input: "hello" });
    await until(() => bed.server.control.holds().length === 1, "the hold");
    expect(await call("GET", "/holds")).toMatchObject({ body: { holds: [{ id, moment: { point: "P13" } }] } });
    expect(await call("POST", `/holds/${id}/release`)).toEqual({ status: 200, body: { released: 1 } });
    expect((await peer.response()).at(-1)?.["type"]).toBe("response.completed");
    expect((await call("POST", `/holds/${id}/release`)).status).toBe(404);
    const second = String((await call("POST", "/orders", hold)).body["id"]);
    expect((await call("DELETE", `/orders/${second}`)).status).toBe(200);
    expect((await call("DELETE", `/orders/${second}`)).status).toBe(404);
  });

  it("refuses the next upgrades", async () => {
    const order = { at: { point: "P1", edge: "before" }, times: 2, action: { kind: "refuse", status: 503 } };
    await call("POST", "/orders", order);
    await expect(bed.dial()).rejects.toThrow("503");
    await expect(bed.dial()).rejects.toThrow("503");
    await bed.dial();
  });

  it("sets conversations by key, also for a key with odd characters, and takes them back", async () => {
    const script = { turns: [{ userText: "hello", script: { steps: [{ text: "set from outside" }] } }] };
    const path = `/scripts/${encodeURIComponent("a/b%c")}`;
    expect(await call("PUT", path, script)).toEqual({ status: 200, body: {} });
    const events = await (await bed.dial("a/b%c")).create({ input: "hello" });
    expect(outputOf(events)).toMatchObject([{ content: [{ text: "set from outside" }] }]);
    expect((await call("DELETE", path)).status).toBe(200);
    await expect(bed.dial("a/b%c")).rejects.toThrow("401");
  });

  it("forgets what connections remember, and what is stored", async () => {
    const peer = await bed.dial();
    const first = idOf(await peer.create({ input: "hello", store: true }));
    expect((await call("POST", "/sessions/key-a/forget", { what: "connections" })).status).toBe(200);
    const second = idOf(await peer.create({ input: "hello", previous_response_id: first }));
    expect((await call("POST", "/sessions/key-a/forget", { what: "all" })).status).toBe(200);
    const [refused] = await peer.create({ input: "hello", previous_response_id: second });
    expect(refused).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect((await call("POST", "/sessions/key-z/forget", { what: "all" })).status).toBe(404);
  });

  it("hands what is stored to another server, which goes on from there", async () => {
    const first = idOf(await (await bed.dial()).create({ input: "hello", store: true }));
    const { body: stored } = await call("GET", "/sessions/key-a/store");
    expect(stored).toMatchObject({ responses: [{ responseId: first, tokens: expect.any(Number) }] });
    expect((await call("POST", "/sessions/key-a/forget", { what: "all" })).status).toBe(200);
    const [refused] = await (await bed.dial()).create({ input: "hello", previous_response_id: first });
    expect(refused).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect((await call("PUT", "/sessions/key-a/store", stored)).status).toBe(200);
    const events = await (await bed.dial()).create({ input: "hello", previous_response_id: first });
    expect(events.at(-1)).toMatchObject({ type: "response.completed" });
    for (const wrong of [{}, { responses: [{}] }, { responses: [{ responseId: "a", items: [1], tokens: 1 }] }]) {
      expect((await call("PUT", "/sessions/key-a/store", wrong)).status).toBe(400);
    }
    expect((await call("GET", "/sessions/key-z/store")).status).toBe(404);
    expect((await call("PUT", "/sessions/nobody/store", { responses: [] })).status).toBe(404);
  });

  it("gives the ids of a key's calls out again, each with its own call", async () => {
    const turns = ["there", "back"].map((operation) => ({
      userText: operation,
      script: { steps: [{ calls: [{ operation }] }, { text: "done" }] },
    }));
    expect(await call("PUT", "/scripts/key-calls", { turns })).toEqual({ status: 200, body: {} });
    const peer = await bed.dial("key-calls");
    const [there] = outputOf(await peer.create({ input: "there" }));
    expect((await call("POST", "/sessions/key-calls/reuse-call-ids")).status).toBe(200);
    const [back] = outputOf(await peer.create({ input: "back" }));
    expect(back).toMatchObject({ call_id: there?.["call_id"], arguments: '{"operation":"back"}' });
    expect((await call("POST", "/sessions/key-z/reuse-call-ids")).status).toBe(404);
  });

  it("tells events as JSON lines, those that were and those that come", async () => {
    await (await bed.dial()).create({ input: "hello" });
    const past = await readEvents(-1, 3);
    expect(past.map(({ event }) => (isJsonObject(event) ? event["kind"] : event))).toEqual([
      "connection-opened",
      "create-accepted",
      "response-completed",
    ]);
    const coming = readEvents(2, 1);
    const peer = await bed.dial("key-b");
    expect(await within(coming, "the event")).toMatchObject([{ index: 3, event: { kind: "connection-opened" } }]);
    peer.socket.close();
  });

  it.each<[string, string, unknown, number, string]>([
    ["GET", "/nowhere", undefined, 404, "HARNESS_UNKNOWN_NAME"],
    ["POST", "/holds/order_1", undefined, 404, "HARNESS_UNKNOWN_NAME"],
    ["PUT", "/scripts/", {}, 404, "HARNESS_UNKNOWN_NAME"],
    ["POST", "/orders", "{", 400, "HARNESS_INVALID_OPTION"],
    ["POST", "/orders", { action: { kind: "explode" } }, 400, "HARNESS_INVALID_OPTION"],
    ["PUT", "/scripts/key-a", { turns: [] }, 400, "HARNESS_INVALID_SCRIPT"],
    ["POST", "/sessions/key-a/forget", { what: "me" }, 400, "HARNESS_INVALID_OPTION"],
    ["GET", "/events?after=x", undefined, 400, "HARNESS_INVALID_OPTION"],
    ["GET", "//[", undefined, 400, "HARNESS_INVALID_OPTION"],
    ["POST", "/orders", " ".repeat(16 * 1024 * 1024 + 1), 413, "HARNESS_INVALID_OPTION"],
  ])("answers %s %s with what is wrong", async (...[method, path, body, status, code]) => {
    expect(await call(method, path, body)).toMatchObject({ status, body: { error: { code } } });
  });

  it("serves no web page", async () => {
    const answer = await fetch(`${api.url}/connections`, { headers: { origin: "https://example.com" } });
    expect(answer.status).toBe(403);
  });

  it("ends its event streams when it closes, and says so when its port is taken", async () => {
    const events = createEventLog();
    const taken = openControlApi({ clock: createSystemClock(), control: bed.server.control, events, port: api.port });
    await expect(taken).rejects.toMatchObject({ code: "HARNESS_PORT_IN_USE" });
    const stream = readEvents(-1, 1).catch(() => "cut");
    await within(api.close(), "the API to close");
    await within(stream, "the stream to end");
  });
});

describe("the event log", () => {
  it("keeps the latest events with their places", () => {
    const log = createEventLog(3);
    for (let status = 0; status < 10; status += 1) log.record({ kind: "upgrade-refused", status });
    const seen: LoggedEvent[] = [];
    log.follow(-1, (entry) => seen.push(entry))();
    log.record({ kind: "upgrade-refused", status: 10 });
    expect(seen.map(({ index }) => index)).toEqual([7, 8, 9]);
  });
});
