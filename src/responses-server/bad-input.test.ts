import { connect, type Socket } from "node:net";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createFrameScanner, OPCODE, type ScannedFrame } from "../protocol/frame-scanner.ts";
import { heapSizeBytes, openServerTestBed, type ServerTestBed, until } from "./server-bed.test-support.ts";

const isFull = process.env["HARNESS_FULL"] === "1";

let bed: ServerTestBed;
beforeAll(async () => {
  bed = await openServerTestBed({
    messageSizeBytesMax: 64 * 1024,
    closeTimeoutMs: 200,
    // What is kept on purpose is no leak: a few stored responses, and no events.
    storedResponsesMax: 10,
    onEvent: () => undefined,
  });
});
afterAll(async () => await bed.close());

const UPGRADE = [
  "GET /v1/responses HTTP/1.1",
  "host: localhost",
  "connection: Upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  "authorization: Bearer key-raw",
  "",
  "",
].join("\r\n");

type Frame = {
  opcode: number;
  payload: Buffer;
  isFinal?: boolean;
  reservedBits?: number;
  isMasked?: boolean;
};

function encode({ opcode, payload, isFinal = true, reservedBits = 0, isMasked = true }: Frame): Buffer {
  const long = payload.length > 65_535;
  const extra = long ? 8 : payload.length > 125 ? 2 : 0;
  const header = Buffer.alloc(2 + extra + (isMasked ? 4 : 0));
  header.writeUInt8((isFinal ? 0x80 : 0) | (reservedBits << 4) | opcode, 0);
  header.writeUInt8((isMasked ? 0x80 : 0) | (long ? 127 : extra === 2 ? 126 : payload.length), 1);
  if (extra === 2) header.writeUInt16BE(payload.length, 2);
  if (long) header.writeBigUInt64BE(BigInt(payload.length), 2);
  // A mask of zeros leaves the payload as it is, which is legal.
  return Buffer.concat([header, payload]);
}

const text = (value: string): Frame => ({ opcode: OPCODE.text, payload: Buffer.from(value) });
const CREATE = JSON.stringify({ type: "response.create", model: "m", input: "hello" });

/** A client that writes bytes of its own and keeps the frames that come back. */
type RawClient = { socket: Socket; frames: ScannedFrame[]; isClosed(): boolean };

async function dialRaw(): Promise<RawClient> {
  const socket = connect(bed.server.port, "127.0.0.1");
  const scanner = createFrameScanner(1_000_000);
  const frames: ScannedFrame[] = [];
  let isClosed = false;
  let head: Buffer = Buffer.alloc(0);
  let isOpen = false;
  socket.on("error", () => undefined);
  socket.on("close", () => (isClosed = true));
  socket.on("data", (bytes) => {
    if (isOpen) {
      frames.push(...scanner.push(bytes));
      return;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    isOpen = true;
    frames.push(...scanner.push(head.subarray(end + 4)));
  });
  socket.write(UPGRADE);
  await until(() => isOpen, "the upgrade");
  return { socket, frames, isClosed: () => isClosed };
}

function closeCodeOf(frames: readonly ScannedFrame[]): number | undefined {
  const close = frames.find(({ opcode }) => opcode === OPCODE.close);
  return close === undefined || close.payloadSizeBytes < 2 ? undefined : close.payload.readUInt16BE(0);
}

function typesOf(frames: readonly ScannedFrame[]): string[] {
  return frames
    .filter(({ opcode }) => opcode === OPCODE.text)
    .map(({ payload }) => String((JSON.parse(payload.toString("utf8")) as { type: string }).type));
}

async function expectHealthy(): Promise<void> {
  const peer = await bed.dial("key-probe");
  expect((await peer.create({ input: "hello" })).at(-1)?.["type"]).toBe("response.completed");
  peer.socket.terminate();
}

describe("a broken frame closes its connection with the code of RFC 6455, and no other connection", () => {
  const BAD_UTF8 = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
  it.each<[string, Frame[], number]>([
    ["text that is no UTF-8", [{ opcode: OPCODE.text, payload: BAD_UTF8 }], 1007],
    [
      "text that is no UTF-8 over two fragments",
      [
        { opcode: OPCODE.text, payload: Buffer.from([0xc3]), isFinal: false },
        { opcode: OPCODE.continuation, payload: Buffer.from([0x28]) },
      ],
      1007,
    ],
    ["a reserved bit, as of compression that was not negotiated", [{ ...text(CREATE), reservedBits: 4 }], 1002],
    ["another reserved bit", [{ ...text(CREATE), reservedBits: 1 }], 1002],
    ["a reserved opcode", [{ opcode: 3, payload: Buffer.alloc(0) }], 1002],
    ["a reserved control opcode", [{ opcode: 11, payload: Buffer.alloc(0) }], 1002],
    ["no mask", [{ ...text(CREATE), isMasked: false }], 1002],
    ["a message that is too large", [text("x".repeat(64 * 1024 + 1))], 1009],
    [
      "fragments that are too large together",
      [
        { opcode: OPCODE.text, payload: Buffer.alloc(40_000, 0x20), isFinal: false },
        { opcode: OPCODE.continuation, payload: Buffer.alloc(40_000, 0x20) },
      ],
      1009,
    ],
    ["a continuation of nothing", [{ opcode: OPCODE.continuation, payload: Buffer.from("x") }], 1002],
    ["a new message inside another", [{ ...text("{"), isFinal: false }, text("}")], 1002],
    ["a ping that is too long", [{ opcode: OPCODE.ping, payload: Buffer.alloc(126) }], 1002],
    ["a ping in fragments", [{ opcode: OPCODE.ping, payload: Buffer.alloc(1), isFinal: false }], 1002],
    ["a close of one byte", [{ opcode: OPCODE.close, payload: Buffer.from([3]) }], 1002],
    ["a close with a code that is never sent", [{ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xee]) }], 1002],
    ["a close whose reason is no UTF-8", [{ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8, 0xff]) }], 1007],
    ["a binary message", [{ opcode: OPCODE.binary, payload: Buffer.from(CREATE) }], 1003],
  ])("%s", async (_what, frames, code) => {
    const client = await dialRaw();
    client.socket.write(Buffer.concat(frames.map(encode)));
    await until(() => closeCodeOf(client.frames) !== undefined, "the Close frame");
    expect(closeCodeOf(client.frames)).toBe(code);
    await until(() => client.isClosed(), "the end");
    await expectHealthy();
  });

  it("a length that nobody can send ends with 1009 at once", async () => {
    const client = await dialRaw();
    client.socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    await until(() => closeCodeOf(client.frames) !== undefined, "the Close frame");
    expect(closeCodeOf(client.frames)).toBe(1009);
  });
});

describe("an odd frame that is legal is served", () => {
  it("in fragments, cut inside a character, with a ping and a pong between them", async () => {
    const bytes = Buffer.from(JSON.stringify({ type: "response.create", model: "é", input: "hello" }));
    const cut = bytes.indexOf(0xc3) + 1;
    const client = await dialRaw();
    const frames: Frame[] = [
      { opcode: OPCODE.text, payload: bytes.subarray(0, cut), isFinal: false },
      { opcode: OPCODE.ping, payload: Buffer.from("here?") },
      { opcode: OPCODE.continuation, payload: Buffer.alloc(0), isFinal: false },
      { opcode: OPCODE.pong, payload: Buffer.from("unasked") },
      { opcode: OPCODE.continuation, payload: bytes.subarray(cut) },
    ];
    for (const byte of Buffer.concat(frames.map(encode))) client.socket.write(Buffer.from([byte]));
    await until(() => typesOf(client.frames).includes("response.completed"), "the response");
    expect(client.frames[0]).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from("here?") });
    client.socket.destroy();
  });

  it("after 10,000 pings in one write; the newest is answered, and not every other", async () => {
    const client = await dialRaw();
    const pings = Array.from({ length: 10_000 }, (_, index) =>
      encode({ opcode: OPCODE.ping, payload: Buffer.from(String(index).padStart(125, "0")) }),
    );
    client.socket.write(Buffer.concat([...pings, encode(text(CREATE))]));
    await until(() => typesOf(client.frames).includes("response.completed"), "the response");
    const pongs = (): string[] =>
      client.frames.filter(({ opcode }) => opcode === OPCODE.pong).map(({ payload }) => payload.toString("utf8"));
    await until(() => Number(pongs().at(-1)) === 9_999, "the newest pong");
    expect(pongs().length).toBeLessThan(9_000);
    client.socket.destroy();
  });
});

describe("generated input", () => {
  const frame = fc.record({
    opcode: fc.integer({ min: 0, max: 15 }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(json)),
      fc.constant(Buffer.from(CREATE)),
    ),
    isFinal: fc.boolean(),
    reservedBits: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 7 }) },
    ),
    isMasked: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  });

  it("of any frames ends in answers or a close with a documented code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), async (frames) => {
        const client = await dialRaw();
        client.socket.write(Buffer.concat(frames.map(encode)));
        client.socket.end();
        await until(() => client.isClosed(), "the end");
        expect([undefined, 1000, 1002, 1003, 1005, 1006, 1007, 1008, 1009].concat(legalCodes(frames))).toContain(
          closeCodeOf(client.frames),
        );
      }),
      { seed: 11, numRuns: isFull ? 5_000 : 150 },
    );
    await expectHealthy();
  });

  it("of any create is answered, with an error or a whole response", async () => {
    const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom("resp_1", "", true, 0, null, []));
    const item = fc.record(
      {
        type: fc.constantFrom("message", "function_call", "function_call_output", "reasoning", "x", 7),
        role: fc.constantFrom("user", "assistant", "nobody"),
        content: fc.oneof(fc.string(), odd),
        call_id: fc.constantFrom("a", "b", "", 1),
        name: odd,
        arguments: fc.oneof(fc.json(), odd),
        output: fc.oneof(fc.string(), odd),
        id: odd,
      },
      { requiredKeys: [] },
    );
    const create = fc.record(
      {
        model: fc.oneof(fc.constant("m"), odd),
        input: fc.oneof(fc.constant("hello"), fc.array(item, { maxLength: 5 }), odd),
        previous_response_id: odd,
        stream_id: fc.oneof(fc.constantFrom("a", "b"), odd),
        store: odd,
        generate: fc.oneof(fc.boolean(), odd),
        tools: odd,
        metadata: odd,
        include: odd,
        instructions: odd,
      },
      { requiredKeys: [] },
    );
    const peer = await bed.dial("key-odd");
    await fc.assert(
      fc.asyncProperty(create, async (fields) => {
        peer.send({ type: "response.create", ...fields });
        const events = await peer.response();
        expect(["error", "response.completed"]).toContain(events.at(-1)?.["type"]);
        expect(peer.pending()).toEqual([]);
      }),
      { seed: 12, numRuns: isFull ? 20_000 : 400 },
    );
    peer.socket.terminate();
  });

  it("of any text instead of an upgrade gets a status or nothing, and never a crash", async () => {
    const head = fc.oneof(
      fc.string({ unit: "binary-ascii", maxLength: 200 }),
      fc
        .tuple(fc.nat(UPGRADE.length), fc.string({ maxLength: 5 }))
        .map(([at, put]) => UPGRADE.slice(0, at) + put + UPGRADE.slice(at + put.length)),
    );
    await fc.assert(
      fc.asyncProperty(head, async (bytes) => {
        const socket = connect(bed.server.port, "127.0.0.1");
        let got = "";
        let isClosed = false;
        socket.on("data", (chunk) => (got += chunk.toString("latin1")));
        socket.on("error", () => undefined);
        socket.on("close", () => (isClosed = true));
        socket.end(bytes, "latin1");
        await until(() => isClosed, "the end");
        expect(got).toMatch(/^(HTTP\/1\.1 (101|4\d\d|503) .*)?/);
      }),
      { seed: 13, numRuns: isFull ? 5_000 : 150 },
    );
    await expectHealthy();
  });
});

function legalCodes(frames: readonly Frame[]): number[] {
  return frames
    .filter(({ opcode, payload }) => opcode === OPCODE.close && payload.length >= 2)
    .map(({ payload }) => payload.readUInt16BE(0));
}

describe("many connections", () => {
  const COUNT = isFull ? 10_000 : 1_200;
  const AT_ONCE = 50;

  it(`opened and dropped, ${COUNT} of them, leave no connection and no memory behind`, async () => {
    async function openAndDrop(count: number): Promise<void> {
      for (let opened = 0; opened < count; opened += AT_ONCE) {
        const clients = await Promise.all(Array.from({ length: AT_ONCE }, dialRaw));
        for (const [index, { socket }] of clients.entries()) {
          if (index % 2 === 0) socket.write(encode(text(CREATE)));
          if (index % 3 === 0) socket.resetAndDestroy();
          else socket.destroy();
        }
      }
      await until(() => bed.server.connectionCount() === 0, "the connections to end");
    }
    // What the engine keeps of its own code is there before it is measured.
    await openAndDrop(COUNT);
    const before = heapSizeBytes();
    await openAndDrop(COUNT);
    const grownBytes = heapSizeBytes() - before;
    expect(grownBytes / COUNT).toBeLessThan(1_000);
    await expectHealthy();
  });
});
