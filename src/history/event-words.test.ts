import { describe, expect, it } from "vitest";

import type { EventBody, EventPlace, HistoryEvent } from "./event.ts";
import { describeEvent } from "./event-words.ts";

function eventOf(body: EventBody, place: EventPlace = {}): HistoryEvent {
  return { sequence: 19, sourceSequence: 0, atMs: 41.4, ...place, ...body };
}

const MESSAGE = { kind: "message", frame: 0, endOffset: 9, type: "response.created", point: "P3" } as const;

describe("an event in words", () => {
  it("tells when and for whom", () => {
    const event = eventOf(
      { source: "tool", kind: "tool-effect", execution: 2 },
      { session: 1, operation: "book-seat" },
    );
    expect(describeEvent(event)).toBe("19 at 41 ms, session 1, book-seat: tool run 2 took effect");
  });

  it.each([
    [{ ...MESSAGE, source: "server-face", direction: "to-client" }, "the server sent response.created (P3)"],
    [{ ...MESSAGE, source: "client-face", direction: "to-client" }, "the client was delivered response.created (P3)"],
    [{ ...MESSAGE, source: "client-face", direction: "to-server" }, "the client sent response.created (P3)"],
    [{ ...MESSAGE, source: "server-face", direction: "to-server" }, "the server was delivered response.created (P3)"],
    [{ source: "client-face", kind: "dialled" }, "dialled"],
    [{ source: "client-face", kind: "dial-unanswered" }, "a dial got no answer"],
    [{ source: "client-face", kind: "upgrade-answered", status: 503 }, "upgrade answered with 503"],
    [{ source: "client-face", kind: "dial-rejected", how: "reset" }, "dial rejected (reset)"],
    [
      { source: "server-face", kind: "control-frame", direction: "to-client", opcode: "close", code: 1012 },
      "close frame 1012 to the client",
    ],
    [
      { source: "client-face", kind: "frame-injected", direction: "to-client", code: 1001 },
      "close frame 1001 put to the client by the harness",
    ],
    [{ source: "client-face", kind: "reset", by: "proxy" }, "connection reset at the client-face"],
    [{ source: "fault", kind: "fault-missed", id: "cut", why: "late" }, "fault cut missed"],
    [
      { source: "harness", kind: "turn-ended", turn: 1, probe: true, outcome: "completed" },
      "turn 1 ended as completed (the probe)",
    ],
    [
      { source: "harness", kind: "turn-overdue", turn: 0, probe: false, deadlineMs: 700 },
      "turn 0 was still open at its deadline of 700 ms",
    ],
    [
      { source: "client", kind: "client-exited", code: null, signal: "SIGKILL", expected: false },
      "the client's process ended with SIGKILL",
    ],
    [
      { source: "client", kind: "client-exited", code: 7, signal: null, expected: false },
      "the client's process ended with code 7",
    ],
  ] satisfies [EventBody, string][])("%j", (body, words) => {
    expect(describeEvent(eventOf(body))).toBe(`19 at 41 ms: ${words}`);
  });

  it("says nothing of what users, models and tools said", () => {
    const secret = "4711 is the code";
    const bodies: readonly EventBody[] = [
      { source: "harness", kind: "turn-started", turn: 0, probe: false, userText: secret },
      { source: "client", kind: "text", text: secret },
      { ...MESSAGE, source: "server-face", direction: "to-client", body: { text: secret } },
      { source: "client", kind: "output", stream: "stdout", text: secret },
    ];
    expect(bodies.map((body) => describeEvent(eventOf(body))).join("\n")).not.toContain("4711");
  });
});
