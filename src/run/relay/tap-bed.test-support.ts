import { get } from "node:http";

import {
  clock,
  dialAddress,
  openUpstream,
  type TestSocket,
  until,
  type Upstream,
} from "../../tcp-proxy/loopback.test-support.ts";
import { ANSWER_HEAD, REQUEST_HEAD } from "../tap/wire-bed.test-support.ts";
import { openTapServer, type TapServer } from "./tap-server.ts";
import type { TapEvent } from "./tap-steering.ts";

/** Both ends of a connection through a tap. */
export type TappedConnection = { readonly client: TestSocket; readonly server: TestSocket };

/** A tap in front of a server of the bed's own, and the stream of its events. */
export type TapBed = {
  readonly tap: TapServer;
  readonly upstream: Upstream;
  readonly events: readonly TapEvent[];
  dial(slot?: number): Promise<TestSocket>;
  /** Dials and waits until the server has the connection. */
  connect(slot?: number): Promise<TappedConnection>;
  /** The same with an upgrade that the server grants. */
  upgrade(slot?: number): Promise<TappedConnection>;
  close(): Promise<void>;
};

/** Opens a tap with so many ports on loopback; close it in `afterEach`. */
export async function openTapBed(slots = 1): Promise<TapBed> {
  const upstream = await openUpstream();
  const tap = await openTapServer({
    listen: Array.from({ length: slots }, () => "127.0.0.1:0"),
    upstream: upstream.address,
    control: { host: "127.0.0.1", port: 0 },
    clock,
  });
  const events: TapEvent[] = [];
  await followEvents(tap.controlUrl, (event) => events.push(event));
  const clients: TestSocket[] = [];
  async function dial(slot = 0): Promise<TestSocket> {
    const client = await dialAddress(tap.listen[slot] ?? "");
    clients.push(client);
    return client;
  }
  async function connect(slot = 0): Promise<TappedConnection> {
    const expected = upstream.sockets.length + 1;
    const client = await dial(slot);
    await until("the server's connection", () => upstream.sockets.length === expected);
    const server = upstream.sockets[expected - 1];
    if (server === undefined) throw new RangeError("no connection");
    return { client, server };
  }
  return {
    tap,
    upstream,
    events,
    dial,
    connect,
    async upgrade(slot = 0) {
      const connection = await connect(slot);
      connection.client.write(REQUEST_HEAD);
      await until("the request", () => connection.server.text().endsWith("\r\n\r\n"));
      connection.server.write(ANSWER_HEAD);
      await until("the answer", () => connection.client.text().endsWith("\r\n\r\n"));
      return connection;
    },
    async close() {
      for (const { socket } of clients) socket.destroy();
      await tap.close();
      await upstream.close();
    },
  };
}

async function followEvents(controlUrl: string, listener: (event: TapEvent) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = get(`${controlUrl}/events`, (response) => {
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) listener((JSON.parse(line) as { event: TapEvent }).event);
      });
      // The tap ends the stream when it is closed.
      response.on("error", () => undefined);
      resolve();
    });
    request.on("error", reject);
  });
}
