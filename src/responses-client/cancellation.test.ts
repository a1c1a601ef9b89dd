import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import { type Answer, respond, respondUntil, send, whole } from "./scripted-server.test-support.ts";
import { start, visibleText } from "./session-fixture.test-support.ts";

const CANCELLED = { outcome: "failed", cause: "cancelled" };
const text = whole("resp_1", { text: "partial" });
const say = respond("resp_9", { text: "probe" });
const twoCalls = respond("resp_1", { calls: [{ id: "call_1" }, { id: "call_2" }] });

describe("cancelling a turn", () => {
  const cases: [string, Answer, number][] = [
    ["before response.created", () => undefined, 0],
    ["inside the text", respondUntil("response.output_item.done", text, () => undefined), 1],
  ];

  it.each(cases)("%s retires the socket, and the next turn works", async (_name, answer, textEvents) => {
    const { turn, server, surface } = await start({ answers: [answer, say] });
    const abort = new AbortController();
    const result = turn("go", abort.signal);
    await expect.poll(() => server.creates.length).toBe(1);
    await expect.poll(() => surface.length).toBeGreaterThanOrEqual(textEvents);
    abort.abort();
    expect(await result).toEqual(CANCELLED);
    expect(await turn("next")).toEqual({ outcome: "completed", text: "probe" });
    expect(visibleText(surface)).toBe("probe");
    expect(server.creates[1]).toMatchObject({ connection: 2, input: [{ content: "go" }, { content: "next" }] });
  });

  it("does not let the rest of the old response into the next turn", async () => {
    const { turn, server } = await start({
      answers: [respondUntil("response.output_item.done", text, () => undefined), say],
    });
    const abort = new AbortController();
    const result = turn("go", abort.signal);
    await expect.poll(() => server.creates.length).toBe(1);
    const old = server.peer();
    abort.abort();
    await result;
    const next = turn("next");
    for (const event of text.slice(-2)) send(old, event);
    expect(await next).toEqual({ outcome: "completed", text: "probe" });
  });

  it("while it dials ends the dial", async () => {
    const { turn, server } = await start({ answers: [say], upgrades: ["silent"] });
    const abort = new AbortController();
    const result = turn("go", abort.signal);
    await expect.poll(() => server.dialsAtMs.length).toBe(1);
    abort.abort();
    expect(await result).toEqual(CANCELLED);
    await expect.poll(() => server.openSockets()).toBe(0);
    expect(await turn("next")).toEqual({ outcome: "completed", text: "probe" });
  });

  it("before it begins, or while it waits for the next attempt, sends nothing more", async () => {
    const { turn, server } = await start({
      answers: [say],
      upgrades: [{ status: 429, headers: { "retry-after": "9" } }],
    });
    expect(await turn("go", AbortSignal.abort())).toEqual(CANCELLED);
    expect(server.dialsAtMs).toHaveLength(0);
    const abort = new AbortController();
    const result = turn("go", abort.signal);
    await expect.poll(() => server.dialsAtMs.length).toBe(1);
    abort.abort();
    expect(await result).toEqual(CANCELLED);
    expect(server.dialsAtMs).toHaveLength(1);
  });

  it("while tools run answers each call once: with its output if it ended in time, otherwise as aborted", async () => {
    const ends: (() => void)[] = [];
    const { turn, server, runs, journal } = await start(
      { answers: [twoCalls, say, respond("resp_10", { text: "later" })] },
      { perform: async () => await new Promise((resolve) => ends.push(() => resolve("late"))) },
    );
    const abort = new AbortController();
    const result = turn("go", abort.signal);
    await expect.poll(() => runs.length).toBe(2);
    abort.abort();
    expect(await result).toEqual(CANCELLED);
    ends[0]?.();
    await expect.poll(() => journal.read().filter(({ kind }) => kind === "output").length).toBe(1);
    expect(await turn("next")).toEqual({ outcome: "completed", text: "probe" });
    expect(server.creates[1]).toMatchObject({
      connection: 1,
      body: { previous_response_id: "resp_1" },
      input: [
        { call_id: "call_1", output: "late" },
        { call_id: "call_2", output: expect.stringMatching(/^aborted: /) },
        { type: "message", content: "next" },
      ],
    });
    ends[1]?.();
    await turn("once more");
    expect(server.creates[2]?.input).toMatchObject([{ content: "once more" }]);
  });

  it("by closing the session leaves the journal alone, whatever tools still say", async () => {
    let endTool: () => void = () => undefined;
    const { turn, session, journal, runs } = await start(
      { answers: [twoCalls] },
      { perform: async () => await new Promise((resolve) => (endTool = () => resolve("late"))) },
    );
    const result = turn("go");
    await expect.poll(() => runs.length).toBe(2);
    await session.close();
    expect(await result).toEqual(CANCELLED);
    const entries = journal.read();
    endTool();
    await sleep(createSystemClock(), 10);
    expect(journal.read()).toEqual(entries);
  });

  it("by closing the session ends the running turn", async () => {
    const { turn, session, server } = await start({ answers: [() => undefined] });
    const result = turn("go");
    await expect.poll(() => server.creates.length).toBe(1);
    await session.close();
    expect(await result).toEqual(CANCELLED);
    await expect.poll(() => server.openSockets()).toBe(0);
  });
});
