import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

import { createRandom } from "../../determinism/random.ts";
import { DEADLINE_PASSED, settleWithin } from "../../determinism/waiting.ts";
import type { HistoryEvent } from "../../history/event.ts";
import { openMemoryRecorder } from "../../history/memory-recorder.test-support.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Capability } from "../../plan/fault-description.ts";
import type { Anchor, EventAnchor, Place } from "../../plan/trigger.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { ProtocolPoint } from "../../protocol/protocol-point.ts";
import { type FrameOptions, wsFrame } from "../../protocol/ws-frame.test-support.ts";
import {
  clock,
  dialAddress,
  openUpstream,
  type TestSocket,
  until,
  type Upstream,
} from "../../tcp-proxy/loopback.test-support.ts";
import { type AnchorRegistry, type AnchorSite, type ArmedAnchor, createAnchorRegistry } from "../anchor-registry.ts";
import type { Backend, Wire } from "../backend.ts";
import { embedded } from "../backends/embedded.ts";
import { throughToxiproxy } from "../toxiproxy-bed.test-support.ts";

/** What the wires of the bed go through: the embedded proxy, or with `CUTWIRE_WIRE=toxiproxy` a Toxiproxy with a tap. */
const BACKEND: Backend = process.env["CUTWIRE_WIRE"] === "toxiproxy" ? throughToxiproxy : embedded;

/** Whether the wires of the bed can do something; tests of what only some can are left out for the others. */
export function wireCan(capability: Capability): boolean {
  return BACKEND.capabilities.has(capability);
}

const HEAD_END = "\r\n\r\n";
const DEADLINE_MS = 5_000;

/** The head of an upgrade request, with an extension offered and a secret in its query. */
export const REQUEST_HEAD: string = [
  "GET /v1/responses?secret=1 HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
  "",
  "",
].join("\r\n");

/** The head of an answer that upgrades. */
export const ANSWER_HEAD: string = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "",
  "",
].join("\r\n");

/** A frame of a text, or of the JSON of an object. */
export function frame(content: object | string | Buffer, options: Partial<FrameOptions> = {}): Buffer {
  const text = typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content);
  return wsFrame(Buffer.from(text), options);
}

/** One end of a connection, as bytes. */
export class RawPeer {
  readonly seen: TestSocket;

  constructor(seen: TestSocket) {
    this.seen = seen;
  }

  get #all(): Buffer {
    return Buffer.concat(this.seen.chunks);
  }

  /** The head that it received, blank line included; empty while it is not whole. */
  get head(): string {
    const end = this.#all.indexOf(HEAD_END);
    return end === -1 ? "" : this.#all.subarray(0, end + HEAD_END.length).toString();
  }

  /** What it received behind the head. */
  get bytes(): Buffer {
    return this.#all.subarray(this.head.length);
  }

  send(...frames: readonly Buffer[]): void {
    this.seen.socket.write(Buffer.concat(frames));
  }

  /** Waits until it received exactly these bytes behind the head. */
  async has(...frames: readonly Buffer[]): Promise<void> {
    const wanted = Buffer.concat(frames);
    await until(`${wanted.length} bytes behind the head`, () => this.bytes.length >= wanted.length);
    if (!this.bytes.equals(wanted)) throw new Error(`received other bytes: ${this.bytes.toString("latin1")}`);
  }
}

/** Both ends of one connection. */
export type RawConnection = { readonly client: RawPeer; readonly server: RawPeer; readonly index: number };

/** The embedded backend with real sockets on both sides. */
export type WireBed = {
  readonly anchors: AnchorRegistry;
  readonly recorder: Recorder;
  readonly wires: readonly Wire[];
  /** The wire of session 0. */
  readonly wire: Wire;
  /** How often the bound on bytes, and the one on events, was reported. */
  full(): { readonly bytes: number; readonly events: number };
  arm(anchor: Anchor, place?: Partial<Place & { readonly session: number }>): ArmedAnchor;
  /** Dials and asks for the upgrade. */
  dial(session?: number, head?: string): Promise<RawPeer>;
  /** Waits for the peer of the n-th connection that reached the server. */
  served(index: number): Promise<RawPeer>;
  /** Dials, and waits until the upgrade is answered. */
  connect(session?: number): Promise<RawConnection>;
  /** What the faces saw, one line each: `"server-face message response.created"`. */
  lines(source?: HistoryEvent["source"]): readonly string[];
  close(): Promise<void>;
};

/** How a bed is opened; every member has a default. */
export type WireBedOptions = {
  readonly sessionCount?: number;
  readonly bytesMax?: number;
  readonly eventsMax?: number;
  /** Where the proxy dials; a server of the bed's own that answers each upgrade where absent. */
  readonly upstream?: { readonly host: string; readonly port: number };
  /** How the bed's own server answers an upgrade. */
  readonly answer?: (socket: TestSocket) => void;
};

/** Opens the embedded backend in front of a server of its own; close it in `afterEach`. */
export async function openWireBed(options: WireBedOptions = {}): Promise<WireBed> {
  const anchors = createAnchorRegistry();
  const memory = openMemoryRecorder(clock, options.eventsMax);
  const { recorder } = memory;
  let bytesFull = 0;
  const upstream = await openUpstream();
  const backend = await BACKEND.open({
    sessionCount: options.sessionCount ?? 1,
    upstream: options.upstream ?? { host: "127.0.0.1", port: Number(upstream.address.split(":")[1]) },
    recorder,
    anchors,
    clock,
    random: createRandom(1),
    bytesMax: options.bytesMax ?? 100_000_000,
    onFull: () => void (bytesFull += 1),
  });
  const [wire] = backend.wires;
  if (wire === undefined) throw new RangeError("a bed has one session or more");
  const ends = createEnds(backend.wires, upstream, options.answer ?? ((socket) => socket.write(ANSWER_HEAD)));
  return {
    anchors,
    recorder,
    wires: backend.wires,
    wire,
    full: () => ({ bytes: bytesFull, events: memory.fullCount }),
    arm: (anchor, place = {}) => anchors.arm({ session: 0, ...place }, anchor),
    dial: ends.dial,
    served: ends.served,
    connect: ends.connect,
    lines(source) {
      const events = recorder.events().filter((event) => source === undefined || event.source === source);
      return events.map(lineOf);
    },
    async close() {
      ends.close();
      await backend.close();
      await upstream.close();
    },
  };
}

type Ends = Pick<WireBed, "dial" | "served" | "connect"> & { close(): void };

function createEnds(wires: readonly Wire[], upstream: Upstream, answer: (socket: TestSocket) => void): Ends {
  const clients: RawPeer[] = [];
  async function dial(session = 0, head = REQUEST_HEAD): Promise<RawPeer> {
    const { hostname, port } = new URL(wires[session]?.baseUrl ?? "");
    const client = new RawPeer(await dialAddress(`${hostname}:${port}`));
    clients.push(client);
    client.seen.write(head);
    return client;
  }
  async function served(index: number): Promise<RawPeer> {
    await until(`connection ${index} at the server`, () => upstream.sockets.length > index);
    const seen = upstream.sockets[index];
    if (seen === undefined) throw new RangeError(`no connection ${index}`);
    const server = new RawPeer(seen);
    await until("the upgrade's request", () => server.head !== "");
    return server;
  }
  async function connect(session = 0): Promise<RawConnection> {
    const index = upstream.sockets.length;
    const client = await dial(session);
    const server = await served(index);
    answer(server.seen);
    await until("the upgrade's answer", () => client.head !== "");
    return { client, server, index };
  }
  return {
    dial,
    served,
    connect,
    close() {
      for (const { seen } of clients) seen.socket.destroy();
    },
  };
}

function lineOf(event: HistoryEvent): string {
  const { source, kind } = event;
  switch (kind) {
    case "message":
      return `${source} ${event.type}${event.point === undefined ? "" : ` ${event.point}`}`;
    case "control-frame":
      return `${source} ${event.opcode}${event.code === undefined ? "" : ` ${event.code} ${event.reason ?? ""}`}`;
    case "ended":
      return `${source} ended ${event.edge}`;
    case "dial-rejected":
      return `${source} dial-rejected ${event.how}`;
    default:
      return `${source} ${kind}`;
  }
}

/** Where an anchor was reached; fails when it was missed, or not reached within five seconds. */
export async function reached(armed: ArmedAnchor): Promise<AnchorSite> {
  const outcome = await settleWithin(clock, armed.outcome, DEADLINE_MS);
  if (outcome === DEADLINE_PASSED) throw new Error("the anchor was not reached");
  if (outcome.kind === "missed") throw new Error(`the anchor was missed: ${outcome.why}`);
  return outcome.site;
}

/** A message of the server as an anchor. */
export function eventAnchor(type: string, more: Partial<EventAnchor> = {}): EventAnchor {
  return { kind: "event", direction: "to-client", type, occurrence: 1, edge: "after", ...more };
}

/** A protocol point as an anchor. */
export function pointAnchor(point: ProtocolPoint, occurrence = 1): Anchor {
  return { kind: "point", point, occurrence };
}

/** A byte as an anchor. */
export function byteAnchor(sizeBytes: number, direction: Direction = "to-client"): Anchor {
  return { kind: "bytes", direction, sizeBytes };
}

/** Proves that the other direction is alive, and that time has passed for whatever should not have come. */
export async function sayToServer({ client, server }: RawConnection, text = "still here?"): Promise<void> {
  const before = server.bytes.length;
  const said = frame(text, { mask: true });
  client.send(said);
  await until("what the client says", () => server.bytes.length === before + said.length);
}

/** Round trips on a connection of nobody's: time enough for bytes on loopback that should not have come. */
export async function goAroundElsewhere(): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  for (let trip = 0; trip < 5; trip += 1) {
    socket.write("there and back");
    await once(socket, "data");
  }
  socket.destroy();
  server.close();
}
