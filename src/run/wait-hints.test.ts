import { beforeEach, describe, expect, it } from "vitest";

import { createManualClock } from "../determinism/manual-clock.ts";
import type { UnrecordedEvent } from "../history/event.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import { createRecorder, type Recorder } from "../history/recorder.ts";
import { listenForHints } from "./wait-hints.ts";

const PLACE = { source: "client-face", session: 2, connection: 0 } as const;

describe("hints to wait", () => {
  let heard: [number, number][];
  let recorder: Recorder;
  beforeEach(() => {
    heard = [];
    const options = { clock: createManualClock(), sink: createMemoryHistorySink(), eventsMax: 100 };
    const inner = createRecorder({ ...options, onFull: () => undefined });
    recorder = listenForHints(inner, (...hint) => heard.push(hint));
  });

  function message(type: string, body: Record<string, unknown>, direction: "to-client" | "to-server"): UnrecordedEvent {
    return { ...PLACE, kind: "message", direction, frame: 0, endOffset: 10, type, body: { type, ...body } };
  }

  it("are heard of in refusals of a dial and in errors, each with its session", () => {
    const error = { status: 503, error: { code: "server_is_overloaded" }, headers: { "retry-after-ms": "250" } };
    recorder.record({ ...PLACE, kind: "dial-rejected", how: "status 503", retryAfterMs: 1_000 });
    recorder.record({ ...PLACE, kind: "upgrade-answered", status: 429, retryAfterMs: 2_000 });
    expect(recorder.record(message("error", error, "to-client"))).toBe(2);
    expect(heard).toEqual([
      [2, 1_000],
      [2, 2_000],
      [2, 250],
    ]);
    expect(recorder.events()).toHaveLength(3);
  });

  it("are heard of where a dial gets no answer: nobody asked to wait, but a stroke it is", () => {
    recorder.record({ source: "client-face", session: 2, kind: "dial-unanswered" });
    expect(heard).toEqual([[2, 0]]);
  });

  it("are none where nobody is asked to wait, or for longer than anybody would", () => {
    recorder.record({ ...PLACE, kind: "dial-rejected", how: "status 503" });
    recorder.record({ ...PLACE, kind: "dial-rejected", how: "status 503", retryAfterMs: 61_000 });
    recorder.record(message("error", { error: { code: "x" } }, "to-client"));
    recorder.record(message("response.created", { headers: { "retry-after-ms": "250" } }, "to-client"));
    recorder.record(message("error", { headers: { "retry-after-ms": "250" } }, "to-server"));
    expect(heard).toEqual([]);
  });
});
