import { getEventListeners } from "node:events";

import { beforeEach, describe, expect, it } from "vitest";

import { createManualClock, type ManualClock } from "../determinism/manual-clock.ts";
import { openMemoryRecorder } from "../history/memory-recorder.test-support.ts";
import type { Recorder } from "../history/recorder.ts";
import { createResources } from "./resources.ts";
import { openRunEnding, type RunEnding } from "./run-ending.ts";

describe("the ending of a run", () => {
  let clock: ManualClock;
  let recorder: Recorder;
  beforeEach(() => {
    clock = createManualClock();
    recorder = openMemoryRecorder(clock).recorder;
  });

  function open(signal?: AbortSignal): RunEnding {
    return openRunEnding({ clock, runMs: 1_000, signal, recorder: () => recorder });
  }

  it("comes with the limit of its time", async () => {
    const ending = open();
    await clock.advance(999);
    expect(ending.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(ending.signal.aborted).toBe(true);
    expect(recorder.events()).toEqual([
      expect.objectContaining({ kind: "limit-reached", limit: "runMs", value: 1_000 }),
    ]);
  });

  it("comes with any other limit, and the first reason is the one that counts", async () => {
    const interrupting = new AbortController();
    const ending = open(interrupting.signal);
    ending.limitReached("bytesMax", 5);
    ending.limitReached("eventsMax", 6);
    interrupting.abort("SIGINT");
    await clock.advance(1_000);
    expect(recorder.events().map((event) => event.kind)).toEqual(["limit-reached"]);
    expect(recorder.events()[0]).toMatchObject({ limit: "bytesMax", value: 5 });
  });

  it("comes with an interruption, also with one that came before", () => {
    const interrupting = new AbortController();
    const ending = open(interrupting.signal);
    interrupting.abort("SIGINT");
    expect(ending.signal.aborted).toBe(true);
    expect(open(AbortSignal.abort("SIGTERM")).signal.aborted).toBe(true);
    expect(recorder.events()).toEqual([
      expect.objectContaining({ kind: "interrupted", signal: "SIGINT" }),
      expect.objectContaining({ kind: "interrupted", signal: "SIGTERM" }),
    ]);
  });

  it("leaves no timer and no listener when it is closed", async () => {
    const interrupting = new AbortController();
    const ending = open(interrupting.signal);
    ending.close();
    expect([clock.timers(), getEventListeners(interrupting.signal, "abort").length]).toEqual([0, 0]);
    interrupting.abort("SIGINT");
    await clock.advance(5_000);
    expect([ending.signal.aborted, recorder.events()]).toEqual([false, []]);
  });
});

describe("resources", () => {
  it("are closed once, the last one first, one after the other", async () => {
    const closed: string[] = [];
    const resources = createResources();
    resources.add(() => void closed.push("first"));
    resources.add(async () => {
      await Promise.resolve();
      closed.push("second");
    });
    resources.add(() => void closed.push("third"));
    await resources.close();
    await resources.close();
    expect(closed).toEqual(["third", "second", "first"]);
  });

  it("are all closed although some cannot be, and every failure is told", async () => {
    const closed: string[] = [];
    const resources = createResources();
    resources.add(() => void closed.push("first"));
    resources.add(() => {
      throw new Error("second");
    });
    resources.add(async () => await Promise.reject(new Error("third")));
    const failure = await resources.close().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(AggregateError);
    expect(failure).toMatchObject({ errors: [new Error("third"), new Error("second")] });
    expect(closed).toEqual(["first"]);
  });
});
