import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";

import { type WebSocket, WebSocketServer } from "ws";

import { createSystemClock } from "../determinism/clock.ts";
import { isJsonObject, type JsonObject } from "../protocol/json.ts";

/** A create that the server read, with the number of its connection (from 1). */
export type SeenCreate = {
  readonly connection: number;
  readonly body: JsonObject;
  readonly input: readonly JsonObject[];
};

/** What a test does with one create. */
export type Answer = (peer: WebSocket, create: SeenCreate) => void;

/** What a test does with an upgrade: undefined accepts it, a status refuses, `drop` resets, `silent` says nothing. */
export type UpgradeAnswer =
  undefined | "drop" | "silent" | { status: number; headers?: Record<string, string>; body?: unknown };

/** What a scripted server plays: an answer per create and per upgrade, in order; creates get the last one for ever. */
export type ServerScript = {
  readonly answers: readonly Answer[];
  readonly upgrades?: readonly UpgradeAnswer[];
  readonly onConnection?: (peer: WebSocket, index: number) => void;
};

/** The server, and what it has seen. */
export class ScriptedServer {
  readonly creates: SeenCreate[] = [];
  /** Times of all dials on the machine's clock, in milliseconds. */
  readonly dialsAtMs: number[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly #script: ServerScript;
  readonly #clock = createSystemClock();
  readonly #http = createServer();
  readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #sockets = new Set<Duplex>();
  readonly #peers: WebSocket[] = [];

  constructor(script: ServerScript) {
    this.#script = script;
    this.#http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${portOf(this.#http)}/v1/responses`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
  }

  openSockets(): number {
    return this.#sockets.size;
  }

  /** The newest socket. */
  peer(): WebSocket {
    const peer = this.#peers.at(-1);
    if (peer === undefined) throw new Error("nobody has connected");
    return peer;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
    const answer = this.#script.upgrades?.[this.dialsAtMs.length];
    this.dialsAtMs.push(this.#clock.nowMs());
    this.authorizations.push(request.headers.authorization);
    if (answer === undefined) this.#webSockets.handleUpgrade(request, socket, head, (peer) => this.#accept(peer));
    else if (answer === "drop") socket.destroy();
    else if (answer === "silent") socket.on("end", () => socket.destroy()).resume();
    else refuse(socket, answer);
  }

  #accept(peer: WebSocket): void {
    const connection = this.#peers.push(peer);
    peer.on("error", () => undefined);
    peer.on("message", (data: Buffer) => {
      const body: unknown = JSON.parse(data.toString("utf8"));
      if (!isJsonObject(body)) throw new Error("the client sent no object");
      const input = Array.isArray(body["input"]) ? body["input"].filter(isJsonObject) : [];
      const { answers } = this.#script;
      const answer = answers[Math.min(this.creates.length, answers.length - 1)];
      this.creates.push({ connection, body, input });
      answer?.(peer, { connection, body, input });
    });
    this.#script.onConnection?.(peer, connection);
  }
}

/** Opens a server on a free port of the loopback. */
export async function startScriptedServer(script: ServerScript): Promise<ScriptedServer> {
  const server = new ScriptedServer(script);
  await server.listen();
  return server;
}

function portOf(http: Server): number {
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");
  return address.port;
}

function refuse(socket: Duplex, answer: { status: number; headers?: Record<string, string>; body?: unknown }): void {
  const body = answer.body === undefined ? "" : JSON.stringify(answer.body);
  const headers = { "Content-Length": String(Buffer.byteLength(body)), Connection: "close", ...answer.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${answer.status} Refused`, ...lines, "", body].join("\r\n"));
}

/** Sends one event. */
export function send(peer: WebSocket, event: JsonObject): void {
  peer.send(JSON.stringify(event));
}

/** A call in a scripted response: `{ id: "call_1" }` asks `perform` with `{}`. */
export type FakeCall = { readonly id: string; readonly name?: string; readonly arguments?: string };

/** The events of a whole response: `whole("resp_1", { calls: [{ id: "call_1" }] })`. */
export function whole(
  id: string,
  says: { text?: string; calls?: readonly FakeCall[]; output?: unknown },
): JsonObject[] {
  const { text, calls = [] } = says;
  const items: JsonObject[] = calls.map((call, index) => ({
    id: `fc_${id}_${index}`,
    type: "function_call",
    status: "completed",
    call_id: call.id,
    name: call.name ?? "perform",
    arguments: call.arguments ?? "{}",
  }));
  if (text !== undefined) {
    const content = [{ type: "output_text", text, annotations: [] }];
    items.unshift({ id: `msg_${id}`, type: "message", role: "assistant", status: "completed", content });
  }
  const events: JsonObject[] = [
    { type: "response.created", response: { id, status: "in_progress", output: [] } },
    { type: "response.in_progress", response: { id, status: "in_progress", output: [] } },
    ...items.flatMap((item, index) => eventsOfItem(item, index)),
    { type: "response.completed", response: { id, status: "completed", output: says.output ?? items } },
  ];
  return events.map((event, sequence) => ({ ...event, sequence_number: sequence }));
}

function eventsOfItem(item: JsonObject, index: number): JsonObject[] {
  const place = { output_index: index, item_id: item["id"] };
  const added = { type: "response.output_item.added", output_index: index, item: { ...item, status: "in_progress" } };
  const done = { type: "response.output_item.done", output_index: index, item };
  if (item["type"] === "function_call") {
    const delta = { type: "response.function_call_arguments.delta", ...place, delta: item["arguments"] };
    return [{ ...added, item: { ...item, status: "in_progress", arguments: "" } }, delta, done];
  }
  const text = Array.isArray(item["content"]) && isJsonObject(item["content"][0]) ? item["content"][0]["text"] : "";
  const half = Math.ceil(String(text).length / 2);
  const deltas = [String(text).slice(0, half), String(text).slice(half)].map((delta) => ({
    type: "response.output_text.delta",
    ...place,
    content_index: 0,
    delta,
  }));
  return [added, ...deltas, done];
}

/** Answers with a whole response. */
export function respond(id: string, says: { text?: string; calls?: readonly FakeCall[]; output?: unknown }): Answer {
  return (peer) => whole(id, says).forEach((event) => send(peer, event));
}

let freshCount = 0;

/** Answers each time with a response of a new id. */
export function respondFresh(says: { text?: string; calls?: readonly FakeCall[] }): Answer {
  return (peer) => {
    freshCount += 1;
    for (const event of whole(`resp_fresh_${freshCount}`, says)) send(peer, event);
  };
}

/** Answers with the events of a response before the first of the type, and then does something else. */
export function respondUntil(type: string, events: readonly JsonObject[], then: Answer): Answer {
  return (peer, create) => {
    const end = events.findIndex((event) => event["type"] === type);
    if (end === -1) throw new Error(`no event ${type}`);
    for (const event of events.slice(0, end)) send(peer, event);
    then(peer, create);
  };
}

/** Answers with an error frame, nested as the real service does. */
export function refuseCreate(error: JsonObject, status?: number): Answer {
  return (peer) => send(peer, { type: "error", ...(status === undefined ? {} : { status }), error });
}

/** The TCP socket below a WebSocket, for bytes that `ws` would not send. */
export function wireOf(peer: WebSocket): { write(data: Buffer): void } {
  const wire: unknown = Reflect.get(peer, "_socket");
  if (typeof wire !== "object" || wire === null || !("write" in wire)) throw new Error("ws keeps its socket elsewhere");
  return wire as { write(data: Buffer): void };
}
