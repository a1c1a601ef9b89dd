import type { AddressInfo } from "node:net";

import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { sleep } from "../../determinism/waiting.ts";
import { clock, until } from "../../tcp-proxy/loopback.test-support.ts";
import { DROPPED } from "./message-editor.ts";
import { eventAnchor, openWireBed, reached, type WireBed } from "./wire-bed.test-support.ts";

type Closed = { code: number; reason: string };

/** A real server and a real client with the wire between them, and what each saw. */
type Talk = {
  readonly client: WebSocket;
  readonly server: WebSocket;
  readonly received: string[];
  readonly clientClosed: Closed[];
  readonly serverClosed: Closed[];
};

let bed: WireBed;
let webSockets: WebSocketServer;
afterEach(async () => {
  for (const peer of webSockets.clients) peer.terminate();
  await bed.close();
  await new Promise((resolve) => webSockets.close(resolve));
});

async function open(): Promise<void> {
  webSockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => webSockets.once("listening", resolve));
  bed = await openWireBed({ upstream: { host: "127.0.0.1", port: (webSockets.address() as AddressInfo).port } });
}

async function talk(): Promise<Talk> {
  const accepted = new Promise<WebSocket>((resolve) => webSockets.once("connection", resolve));
  const client = new WebSocket(bed.wire.baseUrl.replace("http:", "ws:"));
  const received: string[] = [];
  client.on("message", (data: Buffer) => received.push(data.toString()));
  client.on("error", (error) => received.push(`error ${error.message}`));
  const server = await accepted;
  server.on("error", () => undefined);
  await until("the upgrade", () => client.readyState === WebSocket.OPEN);
  return { client, server, received, clientClosed: closesOf(client), serverClosed: closesOf(server) };
}

function closesOf(peer: WebSocket): Closed[] {
  const closes: Closed[] = [];
  peer.on("close", (code, reason) => closes.push({ code, reason: reason.toString() }));
  return closes;
}

/** The n-th message, of a size that takes several reads where it is large. */
function message(index: number, sizeBytes: number): string {
  return JSON.stringify({ type: "delta", index, text: "x".repeat(sizeBytes) });
}

/** Streams numbered messages until the server's side is closed. */
async function streamTo(server: WebSocket, sizeBytes: number): Promise<void> {
  for (let index = 0; server.readyState === WebSocket.OPEN; index += 1) {
    server.send(message(index, sizeBytes));
    if (server.bufferedAmount > 1_000_000) await sleep(clock, 1);
    else if (index % 10 === 0) await sleep(clock, 0);
  }
}

describe("a Close frame of the wire", () => {
  const streams = [0, 50].flatMap((latencyMs) => [10, 300_000].map((sizeBytes) => [latencyMs, sizeBytes] as const));

  it.each(streams)(
    "comes between two frames of a server that streams (latency %i ms, messages of %i bytes)",
    async (latencyMs, sizeBytes) => {
      await open();
      if (latencyMs > 0) {
        await bed.wire.addToxic({ type: "latency", direction: "to-client", attributes: { latency: latencyMs } });
      }
      const { server, received, clientClosed, serverClosed } = await talk();
      const streaming = streamTo(server, sizeBytes);
      await until("the stream", () => received.length >= 5);
      await bed.wire.closeWithFrame({ code: 1012, reason: "service restart" }, 0);
      await until("both closes", () => clientClosed.length > 0 && serverClosed.length > 0);
      await streaming;
      expect(clientClosed).toEqual([{ code: 1012, reason: "service restart" }]);
      expect(serverClosed).toEqual([{ code: 1012, reason: "service restart" }]);
      const expected = received.map((_text, index) => message(index, sizeBytes));
      expect(received.every((text, index) => text === expected[index])).toBe(true);
    },
  );

  it.each([0, 50])("at an anchor, comes right behind the anchor's message (latency %i ms)", async (latency) => {
    await open();
    if (latency > 0) await bed.wire.addToxic({ type: "latency", direction: "to-client", attributes: { latency } });
    const armed = bed.arm(eventAnchor("delta", { occurrence: 3 }));
    const { server, received, clientClosed } = await talk();
    for (let index = 0; index < 10; index += 1) server.send(message(index, 10));
    await reached(armed);
    await bed.wire.closeWithFrame({ code: 4000, reason: "" }, 0);
    armed.release();
    await until("the close", () => clientClosed.length > 0);
    expect(received).toEqual([0, 1, 2].map((index) => message(index, 10)));
    expect(clientClosed).toEqual([{ code: 4000, reason: "" }]);
  });

  it("is the last that the client hears: nothing is put in behind it, and no editor is asked", async () => {
    await open();
    const { client, server, clientClosed } = await talk();
    const heard: string[] = [];
    server.on("message", (data: Buffer) => heard.push(data.toString()));
    const edited: string[] = [];
    bed.wire.faces.addEditor({
      direction: "to-server",
      edit({ unit }) {
        edited.push(unit.kind);
        return DROPPED;
      },
    });
    client.pause();
    await bed.wire.closeWithFrame({ code: 1011, reason: "" }, 0);
    const place = { connection: 0, direction: "to-client" } as const;
    await expect(bed.wire.faces.insert(place, () => [])).rejects.toThrow("behind a Close frame nothing is heard");
    client.send("crossing");
    await until("what crossed it", () => heard.includes("crossing"));
    expect(edited).toEqual([]);
    client.resume();
    await until("the close", () => clientClosed.length > 0);
  });

  it("waits for the end of a message that is under way", async () => {
    await open();
    const { server, received, clientClosed } = await talk();
    server.send(message(0, 8_000_000));
    const closing = bed.wire.closeWithFrame({ code: 1001, reason: "going away" }, 0);
    server.send(message(1, 10));
    await closing;
    await until("the close", () => clientClosed.length > 0);
    expect(clientClosed).toEqual([{ code: 1001, reason: "going away" }]);
    expect(received).toEqual(received.map((_text, index) => message(index, index === 0 ? 8_000_000 : 10)));
  });

  it("comes when another anchor lets go of the message before it", async () => {
    await open();
    const armed = bed.arm(eventAnchor("delta", { edge: "inside", byteInFrame: 3 }));
    const behind = bed.arm(eventAnchor("delta"));
    const { server, received, clientClosed } = await talk();
    server.send(message(0, 10));
    await reached(armed);
    const closing = bed.wire.closeWithFrame({ code: 1012, reason: "" }, 0);
    armed.release();
    await reached(behind);
    behind.release();
    await closing;
    await until("the close", () => clientClosed.length > 0);
    expect(received).toEqual([message(0, 10)]);
  });

  it("takes the longest reason that a frame can hold", async () => {
    await open();
    const { clientClosed } = await talk();
    const reason = "é".repeat(61) + "x";
    await bed.wire.closeWithFrame({ code: 3000, reason }, 0);
    await until("the close", () => clientClosed.length > 0);
    expect(clientClosed).toEqual([{ code: 3000, reason }]);
  });

  it("is recorded, with the client's answer at both faces", async () => {
    await open();
    const { clientClosed, serverClosed } = await talk();
    await bed.wire.closeWithFrame({ code: 1012, reason: "bye" }, 0);
    await until("both closes", () => clientClosed.length > 0 && serverClosed.length > 0);
    await bed.wire.connectionGone(0);
    expect(bed.lines("client-face")).toEqual(
      expect.arrayContaining(["client-face frame-injected", "client-face close 1012 bye"]),
    );
    expect(bed.lines("server-face")).toContain("server-face close 1012 bye");
  });

  it("fails behind another one, which stays the only one that the client gets and that is recorded", async () => {
    await open();
    const { clientClosed } = await talk();
    const [first, second] = await Promise.allSettled([
      bed.wire.closeWithFrame({ code: 4401, reason: "" }, 0),
      bed.wire.closeWithFrame({ code: 1012, reason: "" }, 0),
    ]);
    expect(first).toMatchObject({ status: "fulfilled" });
    expect(second).toMatchObject({ reason: { message: expect.stringContaining("the connection is closing") } });
    await until("the close", () => clientClosed.length > 0);
    expect(clientClosed).toEqual([{ code: 4401, reason: "" }]);
    expect(bed.lines("client-face").filter((line) => line === "client-face frame-injected")).toHaveLength(1);
  });

  it("fails where the connection is gone, and where it never was", async () => {
    await open();
    const { client } = await talk();
    client.terminate();
    await bed.wire.connectionGone(0);
    await expect(bed.wire.closeWithFrame({ code: 1012, reason: "" }, 0)).rejects.toThrow("gone before the Close frame");
    await expect(bed.wire.closeWithFrame({ code: 1012, reason: "" }, 3)).rejects.toThrow("no connection 3");
  });
});
