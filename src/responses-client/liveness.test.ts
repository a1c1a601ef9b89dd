import { describe, expect, it } from "vitest";
import type { WebSocket } from "ws";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import { createBackoff, createLiveness, createRotation } from "./index.ts";
import { type Answer, respond, respondFresh, respondUntil, whole } from "./scripted-server.test-support.ts";
import { start } from "./session-fixture.test-support.ts";

const clock = createSystemClock();
const ok = respondFresh({ text: "ok" });
const events = whole("resp_1", { text: "slow answer" });
const silence = respondUntil("response.output_item.done", events, () => undefined);

/** Says nothing for a while in the middle of the response. */
function pauseMs(durationMs: number): Answer {
  return respondUntil("response.output_item.done", events, (peer) => {
    clock.startTimer(durationMs, () => events.slice(-2).forEach((event) => peer.send(JSON.stringify(event))));
  });
}

/** The peer is there and reads nothing any more, so it answers no ping either. */
const freeze = (peer: WebSocket): void => peer.pause();

describe("a peer that is silent", () => {
  it("within a request is left after the idle deadline, without a close handshake", async () => {
    const { turn, server } = await start({ answers: [respondUntil("response.output_item.done", events, freeze), ok] });
    const startMs = clock.nowMs();
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(250);
    expect(clock.nowMs() - startMs).toBeLessThan(1_000);
    expect(server.creates[1]?.connection).toBe(2);
  });

  it("behind its Close, and never ends its socket, is left with what that Close said", async () => {
    const closeAndFreeze = (peer: WebSocket): void => {
      peer.close(1002);
      freeze(peer);
    };
    const { turn, server } = await start({
      answers: [respondUntil("response.output_item.done", events, closeAndFreeze), ok],
    });
    expect(await turn("go")).toMatchObject({ outcome: "failed", cause: expect.stringContaining("close code 1002") });
    expect(server.creates).toHaveLength(1);
  });

  it("but answers pings is alive beyond the idle deadline", async () => {
    const { turn, server } = await start(
      { answers: [pauseMs(450)] },
      { policies: { liveness: createLiveness({ pingIntervalMs: 50, pongTimeoutMs: 200, idleDeadlineMs: 200 }) } },
    );
    expect(await turn("go")).toEqual({ outcome: "completed", text: "slow answer" });
    expect(server.creates).toHaveLength(1);
  });

  it("and answers pings for ever is left after the progress deadline", async () => {
    const liveness = createLiveness({ pingIntervalMs: 30, idleDeadlineMs: 200, progressDeadlineMs: 300 });
    const { turn, server } = await start({ answers: [silence, ok] }, { policies: { liveness } });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(server.creates[1]?.connection).toBe(2);
  });

  it("and answers no ping is left, with a cause that says so", async () => {
    const liveness = createLiveness({ pingIntervalMs: 40, pongTimeoutMs: 100 });
    const { turn } = await start(
      { answers: [respondUntil("response.output_item.done", events, freeze)] },
      { policies: { liveness } },
    );
    expect(await turn("go")).toMatchObject({
      outcome: "failed",
      cause: expect.stringContaining("no answer to a ping for 100 ms"),
    });
  });

  it("between two turns is left by pings, and the next turn dials again", async () => {
    const liveness = createLiveness({ pingIntervalMs: 40, pongTimeoutMs: 80, idleDeadlineMs: 300 });
    const { turn, server } = await start({ answers: [ok] }, { policies: { liveness } });
    await turn("go");
    freeze(server.peer());
    await sleep(clock, 200);
    const startMs = clock.nowMs();
    expect(await turn("next")).toMatchObject({ outcome: "completed" });
    expect(clock.nowMs() - startMs).toBeLessThan(200);
    expect(server.creates[1]?.connection).toBe(2);
  });

  it.each([0, 150])("while a tool runs is not dead: nothing was asked (ping every %i ms)", async (pingIntervalMs) => {
    const { turn, server } = await start(
      { answers: [respond("resp_1", { calls: [{ id: "call_1" }] }), ok] },
      {
        policies: { liveness: createLiveness({ pingIntervalMs, idleDeadlineMs: 100 }) },
        async perform() {
          await sleep(clock, 400);
          return "done";
        },
      },
    );
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(server.dialsAtMs).toHaveLength(1);
  });
});

describe("rotation", () => {
  it("leaves an old connection before the next create, which then holds everything", async () => {
    let closeCode = 0;
    const { turn, server } = await start(
      { answers: [ok, ok, ok], onConnection: (peer) => peer.on("close", (code: number) => (closeCode ||= code)) },
      {
        policies: {
          rotation: createRotation({ ageMsMax: 100 }),
          // It is no failure, so nobody waits.
          backoff: createBackoff({ baseMs: 60_000, capMs: 60_000, jitter: "none" }),
        },
      },
    );
    await turn("one");
    await turn("two");
    await sleep(clock, 120);
    expect(await turn("three")).toMatchObject({ outcome: "completed" });
    expect(server.creates.map((create) => [create.connection, create.input.length])).toEqual([
      [1, 1],
      [1, 1],
      [2, 5],
    ]);
    expect(closeCode).toBe(1000);
    expect(server.openSockets()).toBe(1);
    expect(await turn("four")).toMatchObject({ outcome: "completed" });
  });
});
