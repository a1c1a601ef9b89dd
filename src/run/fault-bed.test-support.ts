import type { AddressInfo } from "node:net";

import { WebSocket, WebSocketServer } from "ws";

import type { Fault } from "../plan/fault.ts";
import type { JsonObject } from "../protocol/json.ts";
import { clock, until } from "../tcp-proxy/loopback.test-support.ts";
import type { AppliedChange } from "./backend.ts";
import type { FaultApplier } from "./fault-applier.ts";
import type { TargetControl } from "./target.ts";
import { openWireBed, type WireBed } from "./tap/wire-bed.test-support.ts";

/** One side of a connection as `ws` sees it. */
export type Side = {
  readonly socket: WebSocket;
  /** Texts, and what else happened: `"ping"`, `"pong"`, `"close 1009"`, `"error Invalid …"`. */
  readonly seen: string[];
};

/** A real client and a real server of `ws` with the embedded proxy between them. */
export type FaultBed = {
  readonly bed: WireBed;
  /** Dials; `"failed"` is in the client's `seen` where the handshake failed. */
  dial(): Side;
  /** Dials, and waits for both sides. */
  connect(): Promise<{ readonly client: Side; readonly server: Side }>;
  /** Applies a fault to the connection that is there. */
  strike(applier: FaultApplier, fault: Fault, target?: TargetControl): Promise<AppliedChange>;
  close(): Promise<void>;
};

/** Opens such a bed. */
export async function openFaultBed(): Promise<FaultBed> {
  const webSockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => webSockets.once("listening", resolve));
  const servers: Side[] = [];
  webSockets.on("connection", (socket) => servers.push(watch(socket)));
  const { port } = webSockets.address() as AddressInfo;
  const bed = await openWireBed({ upstream: { host: "127.0.0.1", port } });
  const clients: Side[] = [];
  function dial(): Side {
    const side = watch(new WebSocket(bed.wire.baseUrl.replace("http:", "ws:")));
    clients.push(side);
    return side;
  }
  return {
    bed,
    dial,
    async connect() {
      const before = servers.length;
      const client = dial();
      await until("both sides", () => servers.length > before && client.socket.readyState === WebSocket.OPEN);
      const server = servers[before];
      if (server === undefined) throw new RangeError("no connection at the server");
      return { client, server };
    },
    strike: async (applier, fault, target) =>
      await applier.apply(fault, { wire: bed.wire, connection: bed.wire.liveConnection(), clock, target }),
    async close() {
      for (const { socket } of [...clients, ...servers]) socket.terminate();
      await bed.close();
      await new Promise((resolve) => webSockets.close(resolve));
    },
  };
}

function watch(socket: WebSocket): Side {
  const seen: string[] = [];
  socket.on("message", (data: Buffer) => seen.push(data.toString()));
  socket.on("ping", () => seen.push("ping"));
  socket.on("pong", () => seen.push("pong"));
  socket.on("close", (code) => seen.push(`close ${code}`));
  socket.on("error", (error) => seen.push(`error ${error.message}`));
  return { socket, seen };
}

/** Sends events of the server. */
export function say({ socket }: Side, ...events: readonly (JsonObject | string)[]): void {
  for (const event of events) socket.send(JSON.stringify(typeof event === "string" ? { type: event } : event));
}

/** The types of the events that a side has seen, and what else happened to it. */
export function typesOf({ seen }: Side): readonly string[] {
  return seen.map((text) => (text.startsWith("{") ? String((JSON.parse(text) as JsonObject)["type"]) : text));
}

/** The create of a client. */
export const CREATE: JsonObject = { type: "response.create", input: "hi" };

/** A function call that is done. */
export const CALL_DONE: JsonObject = {
  type: "response.output_item.done",
  sequence_number: 3,
  output_index: 0,
  item: { type: "function_call", call_id: "call_1", name: "perform", arguments: '{"operation":"a"}' },
};

/** The beginning of a response. */
export const created = (id: string): JsonObject => ({ type: "response.created", sequence_number: 0, response: { id } });

/** The end of a response. */
export const completed = (id: string): JsonObject => ({ type: "response.completed", response: { id, output: [] } });
