import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { type ClientOptions, WebSocket } from "ws";

import { type Clock, createSystemClock } from "../determinism/clock.ts";
import { DEADLINE_PASSED, settleWithin, sleep } from "../determinism/waiting.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { isTerminalEventType } from "../protocol/server-events.ts";
import { openResponsesServer, type ResponsesServer } from "./responses-server.ts";
import type { ServerEvent } from "./server-event.ts";
import type { ResponsesServerOptions } from "./server-options.ts";

const WAIT_MS_MAX = 15_000;
const POLL_MS = 2;
const systemClock = createSystemClock();

/** A server on a free port with what it told, and clients to talk to it; for the tests of this folder. */
export type ServerTestBed = {
  readonly server: ResponsesServer;
  readonly events: readonly ServerEvent[];
  /** Opens a WebSocket client; `"key-a"` where no key is given. */
  dial(apiKey?: string, options?: ClientOptions): Promise<TestPeer>;
  eventsOf<Kind extends ServerEvent["kind"]>(kind: Kind): Extract<ServerEvent, { kind: Kind }>[];
  close(): Promise<void>;
};

/** A plain WebSocket client that keeps what it receives. */
export type TestPeer = {
  readonly socket: WebSocket;
  /** Headers of the 101 answer. */
  readonly headers: JsonObject;
  send(frame: JsonObject): void;
  /** The next frame that nobody has taken yet. */
  next(): Promise<JsonObject>;
  /** All frames up to the next terminal one. */
  response(): Promise<JsonObject[]>;
  /** Sends a create for model `"m"` with `store: false` and takes its answer. */
  create(fields: JsonObject): Promise<JsonObject[]>;
  /** How the connection closed. */
  closed(): Promise<{ code: number; reason: string }>;
  /** Frames that nobody has taken yet. */
  pending(): readonly JsonObject[];
};

/** One turn with one call, and one with text alone; the usual conversation of a test. */
export const TOOL_SCRIPT: SessionScript = {
  turns: [
    {
      userText: "weather?",
      script: { steps: [{ calls: [{ operation: "look", name: "w" }] }, { text: "It is sunny." }] },
    },
    { userText: "hello", script: { steps: [{ text: "Hi there, friend." }] } },
  ],
};

/** Opens a bed; its clock is the machine's unless the options bring one, and nothing pings. */
export async function openServerTestBed(options: Partial<ResponsesServerOptions> = {}): Promise<ServerTestBed> {
  const events: ServerEvent[] = [];
  const server = await openResponsesServer({
    clock: systemClock,
    pingIntervalMs: 0,
    scriptOf: (apiKey) => (apiKey.startsWith("key-") ? TOOL_SCRIPT : undefined),
    onEvent: (event) => events.push(event),
    ...options,
  });
  const peers: TestPeer[] = [];
  return {
    server,
    events,
    eventsOf: <Kind extends ServerEvent["kind"]>(kind: Kind) =>
      events.filter((event): event is Extract<ServerEvent, { kind: Kind }> => event.kind === kind),
    async dial(apiKey = "key-a", clientOptions = {}) {
      const peer = await dial(server, apiKey, clientOptions);
      peers.push(peer);
      return peer;
    },
    async close() {
      for (const { socket } of peers) socket.terminate();
      await server.close();
    },
  };
}

async function dial(server: ResponsesServer, apiKey: string, options: ClientOptions): Promise<TestPeer> {
  const socket = new WebSocket(`${server.url.replace("http:", "ws:")}/responses`, {
    headers: { authorization: `Bearer ${apiKey}` },
    perMessageDeflate: false,
    ...options,
  });
  let headers: JsonObject = {};
  socket.on("upgrade", (answer) => (headers = answer.headers));
  const frames: JsonObject[] = [];
  let closed: { code: number; reason: string } | undefined;
  socket.on("message", (data: Buffer) => frames.push(parseJsonObject(data.toString("utf8")) ?? { type: "unreadable" }));
  socket.on("close", (code, reason) => (closed = { code, reason: reason.toString("utf8") }));
  await within(
    new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    }),
    "the upgrade",
  );
  socket.on("error", () => undefined);
  return createPeer(socket, headers, { frames, closed: () => closed });
}

function createPeer(
  socket: WebSocket,
  headers: JsonObject,
  seen: { readonly frames: JsonObject[]; closed(): { code: number; reason: string } | undefined },
): TestPeer {
  async function next(): Promise<JsonObject> {
    await until(() => seen.frames.length > 0 || seen.closed() !== undefined, "a frame");
    const frame = seen.frames.shift();
    assert(frame !== undefined, `the connection closed with ${JSON.stringify(seen.closed())} before a frame came`);
    return frame;
  }
  async function response(): Promise<JsonObject[]> {
    const taken = [await next()];
    while (!isTerminalEventType(String(taken.at(-1)?.["type"]))) taken.push(await next());
    return taken;
  }
  const send = (frame: JsonObject): void => socket.send(JSON.stringify(frame));
  return {
    socket,
    headers,
    send,
    next,
    response,
    pending: () => seen.frames,
    async create(fields) {
      send({ type: "response.create", model: "m", store: false, ...fields });
      return await response();
    },
    async closed() {
      await until(() => seen.closed() !== undefined, "the connection to close");
      return seen.closed() ?? { code: 0, reason: "" };
    },
  };
}

/** Waits until a statement is true, and fails after fifteen seconds. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = systemClock.nowMs() + WAIT_MS_MAX;
  while (!isTrue()) {
    assert(systemClock.nowMs() < deadline, `waited too long for ${what}`);
    await sleep(systemClock, POLL_MS);
  }
}

/** Waits for a promise, and fails after fifteen seconds. */
export async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const settled = await settleWithin(systemClock, promise, WAIT_MS_MAX);
  assert(settled !== DEADLINE_PASSED, `waited too long for ${what}`);
  return settled;
}

/** The response object of an event. */
export function responseOf(event: JsonObject | undefined): JsonObject {
  const response = event?.["response"];
  assert(isJsonObject(response), `no response in ${JSON.stringify(event)}`);
  return response;
}

/** The id of the response that events belong to. */
export function idOf(events: readonly JsonObject[]): string {
  return String(responseOf(events.at(-1))["id"]);
}

/** The items of the last event's response. */
export function outputOf(events: readonly JsonObject[]): JsonObject[] {
  const output = responseOf(events.at(-1))["output"];
  assert(Array.isArray(output));
  return output.filter(isJsonObject);
}

/** The types of events, in order. */
export function typesOf(events: readonly JsonObject[]): string[] {
  return events.map(({ type }) => String(type));
}

/** A clock that stands still until it is moved. */
export type HandClock = Clock & { advance(byMs: number): void; timerCount(): number };

/** Opens a clock that stands at 0. */
export function createHandClock(): HandClock {
  let now = 0;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => now,
    wallTime: () => "2026-01-01T00:00:00.000Z",
    timerCount: () => timers.size,
    startTimer(delayMs, callback) {
      const timer = { atMs: now + delayMs, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(byMs) {
      const end = now + byMs;
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= end).sort((one, other) => one.atMs - other.atMs)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = Math.max(now, due.atMs);
        due.callback();
      }
      now = end;
    },
  };
}

/** What the heap holds after a collection, in bytes. */
export function heapSizeBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}
