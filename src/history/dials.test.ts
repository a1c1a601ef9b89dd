import { describe, expect, it } from "vitest";

import { collectDials, hasCompleted, hasWorkInFlight, lastSignOfLifeMs, type ObservedDial } from "./dials.ts";
import type { EventBody, HistoryEvent } from "./event.ts";

/** A history of one connection of one session; each event is 10 ms after the one before. */
function historyOf(...bodies: readonly EventBody[]): readonly HistoryEvent[] {
  return bodies.map((body, sequence) => ({
    sequence,
    sourceSequence: sequence,
    atMs: sequence * 10,
    session: 0,
    connection: 0,
    ...body,
  }));
}

function dialOf(...bodies: readonly EventBody[]): ObservedDial {
  const [dial] = collectDials(historyOf({ source: "client-face", kind: "dialled" }, ...bodies));
  if (dial === undefined) throw new Error("one dial was written");
  return dial;
}

const message = { kind: "message", frame: 0, endOffset: 0 } as const;
const CREATE: EventBody = { ...message, source: "client-face", direction: "to-server", type: "response.create" };
const atFace = (source: "client-face" | "server-face", type: string, body = {}): EventBody => ({
  ...message,
  source,
  direction: "to-client",
  type,
  body,
});
const OPENED: EventBody = { source: "server-face", kind: "upgrade-answered", status: 101 };

describe("what ended a connection", () => {
  it.each<[string, EventBody, object]>([
    ["a rejection", { source: "client-face", kind: "dial-rejected", how: "reset" }, { by: "peer", how: "rejected" }],
    [
      "a rejection with a status",
      { source: "client-face", kind: "dial-rejected", how: "status 503" },
      { by: "peer", how: "rejected", status: 503 },
    ],
    [
      "a refused upgrade",
      { source: "server-face", kind: "upgrade-answered", status: 401 },
      { by: "peer", how: "refused", status: 401 },
    ],
    ["the client's FIN", { source: "client-face", kind: "ended", edge: "in" }, { by: "client", how: "fin" }],
    ["the server's FIN", { source: "client-face", kind: "ended", edge: "out" }, { by: "peer", how: "fin" }],
    ["the client's RST", { source: "client-face", kind: "reset", by: "peer" }, { by: "client", how: "reset" }],
    ["an RST of the wire", { source: "client-face", kind: "reset", by: "proxy" }, { by: "peer", how: "reset" }],
    [
      "a Close frame that was put in",
      { source: "client-face", kind: "frame-injected", direction: "to-client", code: 1012 },
      { by: "peer", how: "close-frame", closeCode: 1012 },
    ],
    [
      "the client's Close frame",
      { source: "client-face", kind: "control-frame", direction: "to-server", opcode: "close", code: 1000 },
      { by: "client", how: "close-frame", closeCode: 1000 },
    ],
    ["nothing that was seen", { source: "client-face", kind: "connection-closed" }, { by: "unknown", how: "gone" }],
  ])("is %s", (_what, body, end) => {
    expect(dialOf(body).end).toMatchObject({ ...end, event: { sequence: 1 } });
  });

  it("is the first of several", () => {
    const dial = dialOf(
      { source: "client-face", kind: "ended", edge: "in" },
      { source: "client-face", kind: "reset", by: "proxy" },
    );
    expect(dial.end).toMatchObject({ by: "client", event: { sequence: 1 } });
  });

  it("can have been noticed from the moment at which the server, or the fault's anchor, had done it", () => {
    const server = dialOf(
      { source: "server-face", kind: "ended", edge: "in" },
      { source: "client-face", kind: "ended", edge: "out" },
    );
    expect(server.end).toMatchObject({ event: { atMs: 20 }, noticeableMs: 10, isForeseen: true });
    const at = { kind: "point", point: "P12", occurrence: 1 } as const;
    const fault = dialOf(
      { source: "fault", kind: "fault-reached", id: "cut", at, heldBy: "server-face" },
      { source: "client-face", kind: "ended", edge: "out" },
      { source: "fault", kind: "fault-applied", id: "cut", fault: { kind: "cut", mode: "fin" }, delayMs: 0 },
    );
    expect(fault.end).toMatchObject({ event: { atMs: 20 }, noticeableMs: 10, isForeseen: true });
  });

  it("is nothing where a blackhole fell, a dial is kept waiting, or a direction stands still", () => {
    const dead = dialOf({
      source: "fault",
      kind: "fault-applied",
      id: "cut",
      fault: { kind: "cut", mode: "blackhole" },
      delayMs: 0,
    });
    expect(dead).toMatchObject({ end: undefined, silenced: { sequence: 1 }, isMuted: true });
    const waiting = dialOf({ source: "client-face", kind: "dial-rejected", how: "silence" });
    expect(waiting).toMatchObject({ end: undefined, silenced: { sequence: 1 }, isMuted: false });
    const stalled = dialOf({
      source: "fault",
      kind: "fault-applied",
      id: "stall",
      fault: { kind: "stall", direction: "to-server" },
      delayMs: 0,
    });
    expect(stalled).toMatchObject({ silenced: undefined, isMuted: true });
  });
});

describe("the creates of a connection", () => {
  it("end with what the client received, and are under way until then", () => {
    const begun = dialOf(OPENED, CREATE, atFace("client-face", "response.created"));
    expect([hasWorkInFlight(begun), hasCompleted(begun)]).toEqual([true, false]);
    const unheard = dialOf(OPENED, CREATE, atFace("server-face", "response.completed"));
    expect(hasWorkInFlight(unheard)).toBe(true);
    const done = dialOf(OPENED, CREATE, atFace("client-face", "response.completed"));
    expect([hasWorkInFlight(done), hasCompleted(done)]).toEqual([false, true]);
  });

  it("do not end with what comes out of a healed wire when the client has left", () => {
    const left: EventBody = { source: "client-face", kind: "ended", edge: "in" };
    const dial = dialOf(OPENED, CREATE, left, atFace("client-face", "response.completed"));
    expect(dial).toMatchObject({ creates: [{ ended: undefined }], received: [] });
  });

  it("do not end with what stands behind a Close frame, and take no hint from it", () => {
    const closed: EventBody = { source: "client-face", kind: "frame-injected", direction: "to-client", code: 1011 };
    const error = atFace("client-face", "error", { error: { code: "slow_down" }, headers: { "retry-after": "2" } });
    const dial = dialOf(OPENED, CREATE, closed, error);
    expect(dial).toMatchObject({ creates: [{ ended: undefined }], received: [], hints: [] });
    expect(dialOf(OPENED, CREATE, error).hints).toHaveLength(1);
  });

  it("take no hint from what stands behind something unreadable, over which the client may have left", () => {
    const garbled: EventBody = {
      source: "client-face",
      kind: "unreadable-message",
      direction: "to-client",
      frame: 0,
      sizeBytes: 9,
    };
    const error = atFace("client-face", "error", { error: { code: "slow_down" }, headers: { "retry-after": "2" } });
    expect(dialOf(OPENED, CREATE, garbled, error).hints).toEqual([]);
    expect(dialOf(OPENED, CREATE, error, garbled).hints).toHaveLength(1);
  });

  it("have the error that ended them, with its hint", () => {
    const error = { error: { code: "rate_limit_exceeded", message: "", headers: { "retry-after": "2" } } };
    const dial = dialOf(OPENED, CREATE, atFace("server-face", "error", error), {
      ...message,
      source: "client-face",
      direction: "to-client",
      type: "error",
    });
    expect(dial.creates[0]?.refusal).toMatchObject({ code: "rate_limit_exceeded" });
    expect(dial.hints).toMatchObject([{ waitMs: 2_000, event: { sequence: 4 } }]);
  });
});

describe("signs of life", () => {
  it("are the dial, the upgrade and every frame, up to an event", () => {
    const history = historyOf(
      { source: "client-face", kind: "dialled" },
      OPENED,
      { source: "client-face", kind: "control-frame", direction: "to-client", opcode: "ping" },
      { source: "client-face", kind: "ended", edge: "out" },
    );
    const [dial] = collectDials(history);
    const livesAt = history.map((event) => (dial === undefined ? undefined : lastSignOfLifeMs(dial, event)));
    expect(livesAt).toEqual([0, 0, 10, 20]);
  });

  it("come from all dials of all sessions, each for itself", () => {
    const one = historyOf({ source: "client-face", kind: "dialled" });
    const two = one.map((event) => ({ ...event, sequence: 1, session: 1 }));
    const three = one.map((event) => ({ ...event, sequence: 2, connection: 1 }));
    const dials = collectDials([...one, ...two, ...three]);
    expect(dials.map(({ session, connection }) => [session, connection])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
  });
});
