import { afterEach, describe, expect, it } from "vitest";

import type { SessionScript } from "../protocol/model-script.ts";
import {
  createHandClock,
  heapSizeBytes,
  type HandClock,
  openServerTestBed,
  type ServerTestBed,
  TOOL_SCRIPT,
  typesOf,
  until,
} from "./server-bed.test-support.ts";

let bed: ServerTestBed | undefined;
afterEach(async () => await bed?.close());

const SLOW: SessionScript = {
  turns: [{ userText: "slow", script: { steps: [{ text: "s", deltas: 1, deltaGapMs: 10_000 }] } }],
};

async function openBed(
  options: Parameters<typeof openServerTestBed>[0],
): Promise<{ clock: HandClock; bed: ServerTestBed }> {
  const clock = createHandClock();
  bed = await openServerTestBed({ clock, ...options });
  return { clock, bed };
}

describe("the age of a connection (protocol.md §1.3, A.4)", () => {
  it("ends an idle connection with the limit error and then 1000", async () => {
    const { clock } = await openBed({});
    const peer = await bed?.dial();
    clock.advance(3_599_999);
    expect((await peer?.create({ input: "hello" }))?.at(-1)?.["type"]).toBe("response.completed");
    clock.advance(1);
    expect(await peer?.next()).toEqual({
      type: "error",
      status: 400,
      error: {
        type: "invalid_request_error",
        code: "websocket_connection_limit_reached",
        message:
          "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
        param: null,
      },
    });
    expect(await peer?.closed()).toEqual({ code: 1000, reason: "" });
    expect(bed?.eventsOf("age-cap-reached")).toHaveLength(1);
  });

  it("cuts what runs, or lets it finish and refuses the next create, as it is told", async () => {
    const { clock } = await openBed({ scriptOf: () => SLOW, connectionAgeMsMax: 5_000, atAgeCap: "finish" });
    const peer = await bed?.dial();
    peer?.send({ type: "response.create", model: "m", input: "slow" });
    await until(() => bed?.eventsOf("create-accepted").length === 1, "the create");
    clock.advance(5_000);
    peer?.send({ type: "response.create", model: "m", input: "slow" });
    await until(() => bed?.eventsOf("create-refused").length === 1, "the refusal");
    clock.advance(10_000);
    const codes = [];
    for (let event = await peer?.next(); event?.["type"] !== "response.completed"; event = await peer?.next()) {
      if (event?.["type"] === "error") codes.push(event["error"]);
    }
    expect(codes).toMatchObject([
      { code: "websocket_connection_limit_reached" },
      { code: "websocket_connection_limit_reached" },
    ]);
    expect(await peer?.closed()).toMatchObject({ code: 1000 });

    const cutting = await openServerTestBed({ clock, scriptOf: () => SLOW, connectionAgeMsMax: 5_000 });
    const other = await cutting.dial();
    other.send({ type: "response.create", model: "m", input: "slow" });
    await until(() => cutting.eventsOf("create-accepted").length === 1, "the create");
    clock.advance(5_000);
    expect(typesOf(await other.response()).at(-1)).toBe("error");
    expect(await other.closed()).toMatchObject({ code: 1000 });
    expect(cutting.eventsOf("response-abandoned")).toHaveLength(1);
    await cutting.close();
  });
});

describe("pings", () => {
  it("go out at the interval, and a client that answers stays", async () => {
    const { clock } = await openBed({ pingIntervalMs: 20_000, pongTimeoutMs: 20_000 });
    const peer = await bed?.dial();
    let pings = 0;
    peer?.socket.on("ping", () => (pings += 1));
    for (const round of [1, 2, 3]) {
      clock.advance(20_000);
      await until(() => pings === round, "the ping");
      await peer?.create({ input: "hello" });
    }
    expect(bed?.server.connectionCount()).toBe(1);
  });

  it("close the connection with 1011 when no pong comes in time", async () => {
    const { clock } = await openBed({ pingIntervalMs: 20_000, pongTimeoutMs: 20_000 });
    const peer = await bed?.dial("key-a", { autoPong: false });
    clock.advance(39_999);
    expect(bed?.eventsOf("closing")).toEqual([]);
    clock.advance(1);
    expect(await peer?.closed()).toEqual({ code: 1011, reason: "keepalive ping timeout" });
  });

  it.each<[number | "never", number]>([
    [0, 1],
    [9_600, 1],
    ["never", 0],
  ])("of the client are answered after %j ms", async (pongDelayMs, answers) => {
    const { clock } = await openBed({ pongDelayMs });
    const peer = await bed?.dial();
    let pongs = 0;
    peer?.socket.on("pong", () => (pongs += 1));
    peer?.socket.ping();
    await peer?.create({ input: "hello" });
    expect(pongs).toBe(pongDelayMs === 0 ? 1 : 0);
    clock.advance(9_600);
    await peer?.create({ input: "hello" });
    expect(pongs).toBe(answers);
  });
});

describe("a client that does not read", () => {
  const HUGE: SessionScript = {
    turns: [{ userText: "huge", script: { steps: [{ text: "x".repeat(2_000_000), deltas: 100 }] } }],
  };

  it("stops the server at its bound, and gets the rest when it reads again", async () => {
    const { bed: open } = await openBed({ scriptOf: () => HUGE, bufferedSizeBytesMax: 64 * 1024 });
    const peer = await open.dial();
    peer.socket.pause();
    for (let round = 0; round < 4; round += 1) peer.send({ type: "response.create", model: "m", input: "huge" });
    await until(() => open.eventsOf("create-accepted").length >= 1, "the create");
    const before = open.eventsOf("response-completed").length;
    expect(before).toBeLessThan(4);
    peer.socket.resume();
    for (let round = 0; round < 4; round += 1) {
      const events = await peer.response();
      expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    }
  });

  it("is not written to beyond the bound, and not read from either", async () => {
    const text = Buffer.alloc(10_000_000, "x").toString("latin1");
    const script: SessionScript = {
      turns: [
        { userText: "huge", script: { steps: [{ text, deltas: 1_000 }] } },
        { userText: "hello", script: { steps: [{ text: "hi" }] } },
      ],
    };
    const { bed: open, clock } = await openBed({ scriptOf: () => script, bufferedSizeBytesMax: 64 * 1024 });
    const peer = await open.dial();
    const other = await open.dial();
    const before = heapSizeBytes();
    peer.socket.pause();
    peer.send({ type: "response.create", model: "m", input: "huge" });
    await until(() => clock.timerCount() === 3, "the server to stall");
    for (let count = 0; count < 200; count += 1) peer.send({ type: "nonsense" });
    for (let count = 0; count < 20; count += 1) await other.create({ input: "hello" });
    expect(open.eventsOf("frame-refused")).toEqual([]);
    expect(heapSizeBytes() - before).toBeLessThan(5_000_000);
    peer.socket.resume();
    await until(() => typesOf(peer.pending()).includes("response.completed"), "the response");
    await until(() => open.eventsOf("frame-refused").length === 200, "the refusals");
  });

  it("is closed with 1008 and cut when that takes too long", async () => {
    const { bed: open, clock } = await openBed({ scriptOf: () => HUGE, bufferedSizeBytesMax: 64 * 1024 });
    const peer = await open.dial();
    peer.socket.pause();
    for (let round = 0; round < 8; round += 1) peer.send({ type: "response.create", model: "m", input: "huge" });
    await until(() => open.eventsOf("create-accepted").length >= 1, "the create");
    await until(() => clock.timerCount() >= 2, "the server to stall");
    clock.advance(60_000);
    await until(() => open.server.connectionCount() === 0, "the connection to end");
    expect(open.eventsOf("closing")).toMatchObject([{ code: 1008, reason: "the client does not read" }]);
    expect(open.eventsOf("response-abandoned")).toHaveLength(1);
  });
});

describe("a connection that ends", () => {
  it("leaves no timer behind", async () => {
    const { clock } = await openBed({ pingIntervalMs: 20_000, scriptOf: () => TOOL_SCRIPT });
    const peer = await bed?.dial();
    await peer?.create({ input: "hello" });
    expect(clock.timerCount()).toBe(2);
    peer?.socket.close();
    await until(() => bed?.server.connectionCount() === 0, "the connection to end");
    expect(clock.timerCount()).toBe(0);
  });

  it("tells the code of the client, 1005 for none and 1006 for a cut", async () => {
    const { bed: open } = await openBed({});
    (await open.dial()).socket.close(4402, "no credits");
    await until(() => open.eventsOf("connection-closed").length === 1, "the first close");
    (await open.dial()).socket.close();
    await until(() => open.eventsOf("connection-closed").length === 2, "the second close");
    (await open.dial()).socket.terminate();
    await until(() => open.eventsOf("connection-closed").length === 3, "the third close");
    expect(open.eventsOf("connection-closed")).toMatchObject([
      { connection: 0, code: 4402, reason: "no credits" },
      { connection: 1, code: 1005 },
      { connection: 2, code: 1006 },
    ]);
  });
});
