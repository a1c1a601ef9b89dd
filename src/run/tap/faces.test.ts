import { createServer } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import type { EventOf } from "../../history/event.ts";
import { listen, until } from "../../tcp-proxy/loopback.test-support.ts";
import { conversation, createFrame, serverFrame } from "./conversation.test-support.ts";
import {
  ANSWER_HEAD,
  eventAnchor,
  frame,
  openWireBed,
  reached,
  REQUEST_HEAD,
  sayToServer,
  type WireBed,
  type WireBedOptions,
} from "./wire-bed.test-support.ts";

let bed: WireBed;
async function open(options: WireBedOptions = {}): Promise<void> {
  bed = await openWireBed(options);
}
afterEach(async () => {
  await bed.close();
});

const a = serverFrame("a", { text: "one" });
const b = serverFrame("b", { text: "two" });

function eventsOf<Kind extends "message" | "unreadable-message" | "upgrade-requested">(
  kind: Kind,
): readonly EventOf<Kind>[] {
  return bed.recorder.events().filter((event): event is EventOf<Kind> => event.kind === kind);
}

describe("the upgrade", () => {
  it("goes on without its extensions and otherwise unchanged, and the path is recorded without its query", async () => {
    await open();
    const { server } = await bed.connect();
    const lines = REQUEST_HEAD.split("\r\n").filter((line) => !line.startsWith("Sec-WebSocket-Extensions"));
    expect(server.head).toBe(lines.join("\r\n"));
    expect(eventsOf("upgrade-requested")).toEqual([
      expect.objectContaining({ source: "client-face", path: "/v1/responses", extensionsRemoved: true }),
    ]);
  });

  it("goes on byte for byte where it names no extension", async () => {
    await open();
    const head = "GET /v1/responses HTTP/1.1\r\nhOST:  x \r\nUpgrade: WebSocket\r\nA: 1\r\nA: 2\r\n\r\n";
    await bed.dial(0, head);
    expect((await bed.served(0)).head).toBe(head);
    expect(eventsOf("upgrade-requested")).toEqual([expect.objectContaining({ extensionsRemoved: false })]);
  });

  it("is read in whatever pieces it comes, with frames right behind it", async () => {
    await open({
      answer: (socket) => {
        for (const byte of ANSWER_HEAD) socket.write(byte);
        socket.write(a);
      },
    });
    const { client, server } = await bed.connect();
    await client.has(a);
    client.send(conversation.create);
    await server.has(conversation.create);
    expect(bed.lines()).toEqual([
      "client-face dialled",
      "client-face upgrade-requested",
      "server-face upgrade-answered",
      "server-face a",
      "client-face a",
      "client-face response.create P2",
      "server-face response.create P2",
    ]);
  });

  it("may be another request: then everything passes unread", async () => {
    await open({ answer: (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") });
    const armed = bed.arm(eventAnchor("a"));
    const client = await bed.dial(0, "GET /v1/models HTTP/1.1\r\n\r\n");
    const server = await bed.served(0);
    server.seen.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    server.send(a);
    await client.has(Buffer.from("hello"), a);
    armed.disarm("over");
    expect(bed.lines()).toEqual([
      "client-face dialled",
      "client-face upgrade-requested",
      "server-face upgrade-answered",
    ]);
  });

  it("passes on unread when its head has no end", async () => {
    await open();
    const head = `GET / HTTP/1.1\r\nX: ${"x".repeat(300_000)}\r\n\r\n`;
    await bed.dial(0, head);
    expect((await bed.served(0)).head).toBe(head);
    expect(bed.lines()).toEqual(["client-face dialled"]);
  });
});

describe("messages", () => {
  it("are in the events of both faces, complete and in order, with their bodies at the sender's", async () => {
    await open();
    const { client, server } = await bed.connect();
    const events = Array.from({ length: 40 }, (_, index) =>
      serverFrame(`event-${index}`, { text: "x".repeat(index * 50) }),
    );
    const creates = Array.from({ length: 20 }, (_, index) => createFrame(`turn ${index}`));
    server.send(...events);
    client.send(...creates);
    await client.has(...events);
    await server.has(...creates);
    const messages = eventsOf("message");
    const seenAt = (source: string, direction: string): readonly EventOf<"message">[] =>
      messages.filter((event) => event.source === source && event.direction === direction);
    const sizes = events.map((bytes) => bytes.length);
    const ends = sizes.map((_size, index) => sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
    for (const face of ["server-face", "client-face"]) {
      expect(seenAt(face, "to-client").map(({ type }) => type)).toEqual(events.map((_, index) => `event-${index}`));
      expect(seenAt(face, "to-client").map(({ frame: index }) => index)).toEqual(events.map((_, index) => index));
      expect(seenAt(face, "to-client").map(({ endOffset }) => endOffset)).toEqual(ends);
      expect(seenAt(face, "to-server")).toHaveLength(creates.length);
    }
    expect(seenAt("server-face", "to-client").every(({ body }) => body !== undefined)).toBe(true);
    expect(seenAt("client-face", "to-client").every(({ body }) => body === undefined)).toBe(true);
    expect(seenAt("client-face", "to-server").map(({ body }) => body?.["input"])).toEqual(
      creates.map((_, index) => `turn ${index}`),
    );
    expect(seenAt("server-face", "to-server").every(({ body }) => body === undefined)).toBe(true);
  });

  it("carry the ids of lane, response, call and operation", async () => {
    await open();
    const { client, server } = await bed.connect();
    server.send(conversation.created, conversation.argumentsDelta, conversation.done, conversation.completed);
    await until("all four", () => bed.lines("client-face").includes("client-face response.completed P7"));
    expect(client.seen.hasEnded).toBe(false);
    const labels = eventsOf("message")
      .filter(({ source }) => source === "client-face")
      .map(({ responseId, callId, operation }) => [responseId, callId, operation]);
    expect(labels).toEqual([
      ["resp_1", undefined, undefined],
      ["resp_1", undefined, undefined],
      ["resp_1", "call_1", "book"],
      ["resp_1", undefined, undefined],
    ]);
  });

  it("may come in fragments with control frames in between: before it is before the first of them", async () => {
    await open();
    const armed = bed.arm(eventAnchor("a", { edge: "before" }));
    const connection = await bed.connect();
    const text = JSON.stringify({ type: "a", text: "in three parts" });
    const parts = [
      frame(text.slice(0, 9), { fin: false }),
      frame("are you there", { opcode: 9 }),
      frame(text.slice(9, 20), { fin: false, opcode: 0 }),
      frame("", { opcode: 10 }),
      frame(text.slice(20), { opcode: 0 }),
    ];
    connection.server.send(...parts, b);
    const site = await reached(armed);
    expect(site.offset).toBe(0);
    armed.release();
    await connection.client.has(...parts, b);
    expect(bed.lines("client-face").slice(2)).toEqual([
      "client-face ping",
      "client-face pong",
      "client-face a",
      "client-face b",
    ]);
    const [seen] = eventsOf("message");
    expect(seen).toMatchObject({ frame: 4, endOffset: Buffer.concat(parts).length, body: { text: "in three parts" } });
  });

  it.each<[string, Buffer]>([
    ["no JSON", frame("hello")],
    ["JSON but no object", frame("[1]")],
    ["an object without a type", frame("{}")],
    ["an object whose type is no text", frame('{"type":5}')],
    ["binary noise", frame(Buffer.from([0, 255, 254, 1, 2]), { opcode: 2 })],
    ["empty", frame("")],
  ])("that cannot be read are recorded with their size and pass: %s", async (_what, bytes) => {
    await open();
    const armed = bed.arm(eventAnchor("b", { edge: "before" }));
    const { client, server } = await bed.connect();
    server.send(a, bytes, b);
    await reached(armed);
    await client.has(a, bytes);
    armed.release();
    await client.has(a, bytes, b);
    const seen = { direction: "to-client", frame: 1, sizeBytes: bytes.length - 2 };
    await until("both faces", () => eventsOf("unreadable-message").length === 2);
    expect(eventsOf("unreadable-message")).toEqual([
      expect.objectContaining({ source: "server-face", ...seen }),
      expect.objectContaining({ source: "client-face", ...seen }),
    ]);
  });

  it("longer than the bound pass unread, in one frame or in many", async () => {
    await open({ bytesMax: 10_000 });
    const { client, server } = await bed.connect();
    const long = serverFrame("long", { text: "x".repeat(11_000) });
    const many = [frame("x".repeat(6_000), { fin: false }), frame("x".repeat(6_000), { opcode: 0 })];
    server.send(long, ...many, b);
    await client.has(long, ...many, b);
    await until("the last", () => bed.lines("client-face").includes("client-face b"));
    expect(eventsOf("unreadable-message").map(({ frame: index, sizeBytes }) => [index, sizeBytes])).toEqual([
      [0, long.length - 4],
      [2, 12_000],
      [0, long.length - 4],
      [2, 12_000],
    ]);
  });

  it("that close are recorded with code and reason", async () => {
    await open();
    const { client, server } = await bed.connect();
    const reason = Buffer.concat([Buffer.from([0x03, 0xe9]), Buffer.from("going away")]);
    server.send(frame(reason, { opcode: 8 }));
    client.send(frame("", { opcode: 8, mask: true }));
    await until("both", () => server.bytes.length > 0 && client.bytes.length > 0);
    expect(bed.lines()).toEqual(expect.arrayContaining(["client-face close 1001 going away", "server-face close"]));
  });
});

describe("a peer that ends in the middle of a message", () => {
  const half = a.subarray(0, a.length - 4);

  it.each([0, 50])("has its bytes passed although the message was awaited whole (latency %i ms)", async (latency) => {
    await open();
    if (latency > 0) await bed.wire.addToxic({ type: "latency", direction: "to-client", attributes: { latency } });
    bed.arm(eventAnchor("never", { edge: "before" }));
    const { client, server } = await bed.connect();
    server.send(b);
    server.seen.socket.end(half);
    await client.seen.seesEnd();
    expect(client.bytes.equals(Buffer.concat([b, half]))).toBe(true);
  });

  it("has its bytes passed in order although it ended while an earlier message was held", async () => {
    await open();
    bed.arm(eventAnchor("never", { edge: "before" }));
    const armed = bed.arm(eventAnchor("b"));
    const connection = await bed.connect();
    connection.server.send(b);
    await reached(armed);
    connection.server.seen.socket.end(half);
    await until("the end at the server's face", () => bed.lines().includes("server-face ended in"));
    armed.release();
    await connection.client.seen.seesEnd();
    expect(connection.client.bytes.equals(Buffer.concat([b, half]))).toBe(true);
  });

  it("has its bytes passed to the server too", async () => {
    await open();
    bed.arm(eventAnchor("never", { edge: "before", direction: "to-server" }));
    const { client, server } = await bed.connect();
    const create = conversation.create;
    client.seen.socket.end(create.subarray(0, 20));
    await server.seen.seesEnd();
    expect(server.bytes.equals(create.subarray(0, 20))).toBe(true);
  });
});

describe("connections", () => {
  it("are counted from 0 for each session; the live one is the last that is still there", async () => {
    await open({ sessionCount: 2 });
    expect(bed.wire.liveConnection()).toBeUndefined();
    const zero = await bed.connect(0);
    const one = await bed.connect(0);
    await bed.connect(1);
    expect(bed.wires.map((wire) => wire.liveConnection())).toEqual([1, 0]);
    for (const peer of [one.client, one.server]) peer.seen.socket.resetAndDestroy();
    await bed.wire.connectionGone(1);
    expect(bed.wire.liveConnection()).toBe(0);
    await sayToServer(zero);
  });

  it("are gone when both sides are, and nothing is recorded of them afterwards", async () => {
    await open();
    const { client, server } = await bed.connect();
    let isGone = false;
    const gone = bed.wire.connectionGone(0).then(() => {
      isGone = true;
    });
    server.seen.socket.end();
    await client.seen.seesEnd();
    expect(isGone).toBe(false);
    client.seen.socket.end();
    await gone;
    expect(bed.lines().at(-1)).toBe("client-face connection-closed");
  });

  it("whose server cannot be dialled are recorded, and the client sees an end", async () => {
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    await open({ upstream: { host: "127.0.0.1", port } });
    const client = await bed.dial();
    await until("an end", () => client.seen.hasEnded || client.seen.isClosed);
    expect(bed.recorder.events().find(({ kind }) => kind === "upstream-failed")).toMatchObject({
      source: "server-face",
      code: "ECONNREFUSED",
    });
  });
});

describe("the bounds of a run", () => {
  it("bytes: is told once, and nothing is lost for it", async () => {
    await open({ bytesMax: 2_000 });
    const { client, server } = await bed.connect();
    const message = serverFrame("a", { text: "x".repeat(1_900) });
    server.send(message);
    await client.has(message);
    expect(bed.full()).toEqual({ bytes: 1, events: 0 });
    server.send(message, message);
    await client.has(message, message, message);
    expect(bed.full()).toEqual({ bytes: 1, events: 0 });
  });

  it("bytes: counts what is held once alone", async () => {
    const message = serverFrame("a", { text: "x".repeat(1_000) });
    await open({ bytesMax: REQUEST_HEAD.length + ANSWER_HEAD.length + 3 * message.length });
    const armed = [1, 2].map((occurrence) => bed.arm(eventAnchor("a", { occurrence, edge: "before" })));
    const { client, server } = await bed.connect();
    server.send(message, message);
    for (const one of armed) {
      await reached(one);
      one.release();
    }
    await client.has(message, message);
    expect(bed.full().bytes).toBe(0);
    server.send(message);
    await client.has(message, message, message);
    expect(bed.full().bytes).toBe(1);
  });

  it("events: is told once", async () => {
    await open({ eventsMax: 10 });
    const { client, server } = await bed.connect();
    for (let index = 0; index < 10; index += 1) server.send(a);
    await client.has(...Array.from({ length: 10 }, () => a));
    await until("the events", () => bed.lines().length === 10);
    expect(bed.full()).toEqual({ bytes: 0, events: 1 });
  });
});
