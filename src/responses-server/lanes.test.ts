import { afterEach, describe, expect, it } from "vitest";

import type { JsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import {
  createHandClock,
  idOf,
  openServerTestBed,
  type ServerTestBed,
  type TestPeer,
  until,
} from "./server-bed.test-support.ts";

/** Says "slow" with a pause of one second before its only delta, and "quick" without one. */
const SCRIPT: SessionScript = {
  turns: [
    { userText: "slow", script: { steps: [{ text: "s", deltas: 1, deltaGapMs: 1_000 }] } },
    { userText: "quick", script: { steps: [{ text: "q", deltas: 1 }] } },
  ],
};

const clock = createHandClock();
let bed: ServerTestBed | undefined;
afterEach(async () => await bed?.close());

async function openBed(options: Parameters<typeof openServerTestBed>[0] = {}): Promise<TestPeer> {
  bed = await openServerTestBed({ clock, scriptOf: () => SCRIPT, connectionAgeMsMax: 0, ...options });
  return await bed.dial();
}

const accepted = (): number => bed?.eventsOf("create-accepted").length ?? 0;
const ask = (lane: string | undefined, input: string): JsonObject => ({
  type: "response.create",
  model: "m",
  store: false,
  input,
  ...(lane === undefined ? {} : { stream_id: lane }),
});

describe("lanes (protocol.md §2.3)", () => {
  it("answer one create after the other within a lane, and side by side between lanes", async () => {
    const peer = await openBed();
    peer.send(ask("a", "slow"));
    peer.send(ask("a", "quick"));
    peer.send(ask("b", "quick"));
    const first = [];
    while (first.at(-1)?.["stream_id"] !== "b" || first.at(-1)?.["type"] !== "response.completed")
      first.push(await peer.next());
    expect(first.filter((event) => event["stream_id"] === "a" && event["type"] === "response.completed")).toEqual([]);
    expect(bed?.eventsOf("create-accepted").map(({ lane }) => lane)).toEqual(["a", "b"]);
    clock.advance(1_000);
    expect((await peer.response()).at(-1)).toMatchObject({ stream_id: "a", type: "response.completed" });
    expect((await peer.response()).at(-1)).toMatchObject({ stream_id: "a", type: "response.completed" });
    expect(bed?.eventsOf("create-accepted").map(({ lane }) => lane)).toEqual(["a", "b", "a"]);
  });

  it("answer a wrong create in its turn", async () => {
    const peer = await openBed();
    peer.send(ask(undefined, "slow"));
    peer.send({ ...ask(undefined, "quick"), model: 7 });
    await until(() => accepted() === 1, "the first create");
    clock.advance(1_000);
    expect((await peer.response()).at(-1)?.["type"]).toBe("response.completed");
    expect((await peer.response())[0]?.["type"]).toBe("error");
  });

  it("run 16 at once on a connection, and queue the next", async () => {
    const peer = await openBed();
    for (let lane = 0; lane < 18; lane += 1) peer.send(ask(`lane-${lane}`, "slow"));
    peer.send({ type: "nonsense" });
    await until(() => bed?.eventsOf("frame-refused").length === 1, "all frames to be read");
    expect(accepted()).toBe(16);
    clock.advance(1_000);
    await until(() => accepted() === 18, "the rest");
  });

  it("may have 32 names on a connection beside the default one; the 33rd is refused by name", async () => {
    const peer = await openBed();
    for (let lane = 0; lane < 32; lane += 1) await peer.create(ask(`lane-${lane}`, "quick"));
    const [refusal] = await peer.create(ask("lane-32", "quick"));
    expect(refusal).toEqual({
      type: "error",
      status: 400,
      stream_id: "lane-32",
      error: {
        type: "invalid_request_error",
        code: "websocket_stream_limit_reached",
        message: "This WebSocket connection has reached its stream limit.",
        param: "stream_id",
      },
    });
    expect((await peer.create(ask("lane-31", "quick"))).at(-1)?.["type"]).toBe("response.completed");
    expect((await peer.create(ask(undefined, "quick"))).at(-1)?.["type"]).toBe("response.completed");
  });

  it("start a fresh conversation without a previous id", async () => {
    const peer = await openBed();
    await peer.create(ask("a", "quick"));
    await peer.create(ask("a", "quick"));
    expect(bed?.eventsOf("create-accepted").map(({ effectiveInputSize }) => effectiveInputSize)).toEqual([1, 1]);
  });

  it("let a fork keep its parent once it is in progress, although the source lane goes on", async () => {
    const peer = await openBed();
    const parent = idOf(await peer.create(ask("a", "quick")));
    peer.send({ ...ask("b", "slow"), previous_response_id: parent });
    expect((await peer.next())["type"]).toBe("response.created");
    expect((await peer.next())["type"]).toBe("response.in_progress");
    peer.send({ ...ask("a", "quick"), previous_response_id: parent });
    const source = (await peer.response()).filter((event) => event["stream_id"] === "a");
    expect(source.at(-1)?.["type"]).toBe("response.completed");
    clock.advance(1_000);
    expect((await peer.response()).at(-1)).toMatchObject({ stream_id: "b", type: "response.completed" });
    const [late] = await peer.create({ ...ask("c", "quick"), previous_response_id: parent });
    expect(late).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it("close the connection with 1008 when too much waits", async () => {
    const peer = await openBed({ waitingMax: 2 });
    for (let create = 0; create < 4; create += 1) peer.send(ask("a", "slow"));
    expect(await peer.closed()).toEqual({ code: 1008, reason: "too many creates are waiting" });
    await bed?.close();
    const other = await openBed({ waitingSizeBytesMax: 1_000 });
    other.send(ask("a", "slow"));
    other.send(ask("a", `slow${"x".repeat(1_000)}`));
    expect(await other.closed()).toEqual({ code: 1008, reason: "too many creates are waiting" });
  });
});
