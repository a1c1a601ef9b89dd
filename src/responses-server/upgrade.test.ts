import { connect } from "node:net";

import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { parseJsonObject } from "../protocol/json.ts";
import {
  createHandClock,
  openServerTestBed,
  type ServerTestBed,
  TOOL_SCRIPT,
  until,
  within,
} from "./server-bed.test-support.ts";

let bed: ServerTestBed;
beforeAll(async () => {
  bed = await openServerTestBed({ upgradeHeaders: { "x-codex-turn-state": "sticky" } });
});
afterAll(async () => await bed.close());

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const GOOD: Readonly<Record<string, string | undefined>> = {
  host: "localhost",
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": KEY,
  authorization: "Bearer key-a",
};

/** Sends bytes and answers everything that comes back until the server ends the connection, or until `enough`. */
async function exchange(sent: string | Buffer, enough?: (got: string) => boolean): Promise<string> {
  const socket = connect(bed.server.port, "127.0.0.1");
  let got = "";
  const done = new Promise<void>((resolve) => {
    socket.on("data", (bytes) => {
      got += bytes.toString("latin1");
      if (enough?.(got) === true) resolve();
    });
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });
  socket.write(sent);
  await within(done, "an answer");
  socket.destroy();
  return got;
}

function request(line: string, headers: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${[line, ...lines].join("\r\n")}\r\n\r\n`;
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);

describe("the upgrade", () => {
  it("answers 101 with a request id and the ordered headers, and chooses no extension and no subprotocol", async () => {
    const offers = { "sec-websocket-extensions": "permessage-deflate", "sec-websocket-protocol": "realtime" };
    const answer = await exchange(request("GET /v1/responses?model=m HTTP/1.1", { ...GOOD, ...offers }), (got) =>
      got.includes("\r\n\r\n"),
    );
    expect(statusOf(answer)).toBe(101);
    expect(answer).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(answer).toMatch(/\r\nx-request-id: req_[0-9a-f]{8}_\d{6}\r\n/);
    expect(answer).toContain("\r\nx-codex-turn-state: sticky\r\n");
    expect(answer.toLowerCase()).not.toContain("sec-websocket-extensions");
    expect(answer.toLowerCase()).not.toContain("sec-websocket-protocol");
  });

  it("takes the beta header of older clients, or none", async () => {
    const peer = await bed.dial("key-a", {
      headers: { authorization: "Bearer key-a", "openai-beta": "responses_websockets=2026-02-06" },
    });
    expect((await peer.create({ input: "hello" })).at(-1)?.["type"]).toBe("response.completed");
  });

  it.each<[string, string, Record<string, string | undefined>, number, string | null]>([
    ["no key", "GET /v1/responses HTTP/1.1", { authorization: undefined }, 401, null],
    ["another scheme", "GET /v1/responses HTTP/1.1", { authorization: "Basic a2V5" }, 401, null],
    ["an unknown key", "GET /v1/responses HTTP/1.1", { authorization: "Bearer stranger" }, 401, "invalid_api_key"],
    ["another path", "GET /v1/realtime HTTP/1.1", {}, 404, null],
    ["a path behind it", "GET /v1/responses/resp_1 HTTP/1.1", {}, 404, null],
    ["another method", "POST /v1/responses HTTP/1.1", {}, 404, null],
    ["another protocol", "GET /v1/responses HTTP/1.1", { upgrade: "h2c" }, 426, null],
    ["an old version", "GET /v1/responses HTTP/1.1", { "sec-websocket-version": "8" }, 426, null],
    ["no version", "GET /v1/responses HTTP/1.1", { "sec-websocket-version": undefined }, 426, null],
    ["no handshake key", "GET /v1/responses HTTP/1.1", { "sec-websocket-key": undefined }, 400, null],
    ["a handshake key that is too short", "GET /v1/responses HTTP/1.1", { "sec-websocket-key": "abc" }, 400, null],
    ["no upgrade at all", "GET /v1/responses HTTP/1.1", { upgrade: undefined, connection: "close" }, 426, null],
    ["a POST of the HTTP API", "POST /v1/responses HTTP/1.1", { upgrade: undefined, connection: "close" }, 404, null],
    ["a GET of anything", "GET / HTTP/1.1", { upgrade: undefined, connection: "close" }, 404, null],
  ])("refuses %s with the JSON error of the API", async (...[, line, headers, status, code]) => {
    const answer = await exchange(request(line, { ...GOOD, ...headers }));
    expect(statusOf(answer)).toBe(status);
    expect(answer.toLowerCase()).toContain("content-type: application/json");
    expect(answer).toMatch(/x-request-id: req_/);
    const body = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
    expect(parseJsonObject(body)).toEqual({
      error: { message: expect.any(String), type: "invalid_request_error", param: null, code },
    });
  });

  it.each<[string, string, number]>([
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400],
    ["a header that is none", "GET /v1/responses HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n", 400],
    ["headers that never end", `GET /v1/responses HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(40_000)}`, 431],
    ["two lengths", "POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400],
    ["another HTTP", "GET /v1/responses HTTP/9.9\r\nhost: x\r\n\r\n", 400],
  ])("answers malformed HTTP, %s, with a status", async (_what, bytes, status) => {
    expect(statusOf(await exchange(Buffer.from(bytes, "latin1")))).toBe(status);
    expect((await (await bed.dial()).create({ input: "hello" })).at(-1)?.["type"]).toBe("response.completed");
  });

  it("serves what a client sends right behind its handshake, in the same packet", async () => {
    const payload = Buffer.from('{"type":"response.create","model":"m","input":"hello"}');
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    const bytes = Buffer.concat([Buffer.from(request("GET /v1/responses HTTP/1.1", GOOD)), frame]);
    expect(await exchange(bytes, (got) => got.includes("response.completed"))).toContain("response.completed");
  });
});

describe("a refused connection", () => {
  it("is gone as soon as the client has ended it, and after the deadline where it does not", async () => {
    const clock = createHandClock();
    const own = await openServerTestBed({ clock, closeTimeoutMs: 700 });
    await expect(own.dial("stranger")).rejects.toThrow("401");
    await until(() => clock.timerCount() === 0, "the end of the first connection");
    const socket = connect({ port: own.server.port, host: "127.0.0.1", allowHalfOpen: true });
    let isClosed = false;
    socket.on("error", () => undefined);
    socket.on("close", () => (isClosed = true));
    socket.write(request("GET /nowhere HTTP/1.1", GOOD));
    await until(() => clock.timerCount() === 1, "the refusal");
    clock.advance(699);
    expect(isClosed).toBe(false);
    clock.advance(1);
    expect(clock.timerCount()).toBe(0);
    socket.destroy();
    await own.close();
  });
});

describe("bounds of the server", () => {
  it.each([{ connectionsMax: 1 }, { sessionsMax: 1 }])("refuses with 503 beyond %j", async (limits) => {
    const small = await openServerTestBed({ ...limits, scriptOf: () => TOOL_SCRIPT });
    await small.dial("key-a");
    await expect(small.dial("key-b")).rejects.toThrow("503");
    expect(small.eventsOf("upgrade-refused")).toEqual([{ kind: "upgrade-refused", status: 503, apiKey: "key-b" }]);
    await small.close();
  });

  it("says so when its port is taken, and when an option cannot be", async () => {
    await expect(openServerTestBed({ port: bed.server.port })).rejects.toMatchObject({ code: "HARNESS_PORT_IN_USE" });
    await expect(openServerTestBed({ port: 70_000 })).rejects.toMatchObject({ code: "HARNESS_INVALID_OPTION" });
    await expect(openServerTestBed({ connectionAgeMsMax: 2 ** 31 })).rejects.toMatchObject({
      code: "HARNESS_INVALID_OPTION",
    });
    await expect(openServerTestBed({ inFlightMax: 0, lanesMax: -1 })).rejects.toMatchObject({
      code: "HARNESS_INVALID_OPTION",
      details: { problems: [{ path: "inFlightMax" }, { path: "lanesMax" }] },
    });
  });
});

describe("closing the server", () => {
  it("closes every connection with 1001, and a second time does no harm", async () => {
    const own = await openServerTestBed();
    const peer = await own.dial();
    const idle = connect(own.server.port, "127.0.0.1");
    idle.on("error", () => undefined);
    await until(() => idle.readyState === "open", "the idle connection");
    await within(Promise.all([own.server.close(), own.server.close()]), "the server to close");
    expect(await peer.closed()).toEqual({ code: 1001, reason: "server going away" });
    await until(() => idle.destroyed, "the idle connection to end");
    const late = new WebSocket(`ws://127.0.0.1:${own.server.port}/v1/responses`);
    await within(new Promise((resolve) => late.once("error", resolve)), "the refusal");
    await own.close();
  });
});
