import { describe, expect, it } from "vitest";

import { digestOfText } from "../determinism/stable-json.ts";
import type { EventBody, EventPlace, HistoryEvent } from "./event.ts";
import { type Order, orderHistory } from "./order.ts";

type Line = EventBody & EventPlace;

function eventsOf(lines: readonly Line[]): readonly HistoryEvent[] {
  const counts = new Map<string, number>();
  return lines.map((line, sequence) => {
    const sourceSequence = counts.get(line.source) ?? 0;
    counts.set(line.source, sourceSequence + 1);
    return { sequence, sourceSequence, atMs: sequence, session: 0, connection: 0, ...line };
  });
}

/** How the first of two lines of a history stands to the second, by their places. */
function orderIn(lines: readonly Line[], first: number, second: number): Order {
  const events = eventsOf(lines);
  const [event, other] = [events[first], events[second]];
  if (event === undefined || other === undefined) throw new Error("no such line");
  const order = orderHistory(events);
  const mirrored = { before: "after", after: "before", concurrent: "concurrent" } as const;
  expect(order.compare(other, event)).toBe(mirrored[order.compare(event, other)]);
  return order.compare(event, other);
}

const FACES = { "to-client": ["server-face", "client-face"], "to-server": ["client-face", "server-face"] } as const;

function message(
  direction: "to-client" | "to-server",
  end: "enters" | "leaves",
  more: { readonly type?: string; readonly frame?: number; readonly body?: Record<string, unknown> } & EventPlace = {},
): Line {
  const { type = "response.in_progress", frame = 0, ...rest } = more;
  const source = FACES[direction][end === "enters" ? 0 : 1];
  return { source, kind: "message", direction, type, frame, endOffset: 0, ...rest };
}

const item = { type: "function_call", call_id: "c1", name: "perform", arguments: '{"operation":"book"}' };
const done = { type: "response.output_item.done", body: { item } };
const toolStarted: Line = {
  source: "tool",
  kind: "tool-started",
  execution: 0,
  name: "perform",
  argumentsDigest: "",
  operation: "book",
};
const toolReturned: Line = {
  source: "tool",
  kind: "tool-returned",
  execution: 0,
  outputDigest: digestOfText("receipt"),
  failed: false,
};
const turnStarted: Line = { source: "harness", kind: "turn-started", turn: 0, userText: "Book!", probe: false };
const turnEnded: Line = { source: "harness", kind: "turn-ended", turn: 0, probe: false, outcome: "completed" };
const create = (input: readonly unknown[]): Line =>
  message("to-server", "enters", { type: "response.create", body: { input } });
const fault = (body: {
  readonly kind: "fault-applied" | "fault-healed" | "fault-reached";
  readonly by?: number;
}): Line => {
  if (body.kind === "fault-applied") return { source: "fault", kind: body.kind, id: "cut", fault: {}, delayMs: 0 };
  if (body.kind === "fault-healed") return { source: "fault", kind: body.kind, id: "cut", why: "" };
  const at = { kind: "point", point: "P6", occurrence: 1 } as const;
  return {
    source: "fault",
    kind: body.kind,
    id: "cut",
    at,
    heldBy: "server-face",
    ...(body.by === undefined ? {} : { by: body.by }),
  };
};

describe("the order of two events", () => {
  it("is that of their source where they have the same one", () => {
    expect(orderIn([message("to-client", "enters"), message("to-client", "enters", { frame: 1 })], 0, 1)).toBe(
      "before",
    );
    expect(orderIn([fault({ kind: "fault-applied" }), fault({ kind: "fault-healed" })], 0, 1)).toBe("before");
  });

  it("is open where nothing passed between their sources, whatever place and time they have", () => {
    expect(orderIn([toolStarted, message("to-client", "enters")], 0, 1)).toBe("concurrent");
    expect(orderIn([message("to-client", "leaves"), toolReturned], 0, 1)).toBe("concurrent");
  });

  it("is open between an event and itself, and for an event of another history", () => {
    const [event] = eventsOf([toolStarted]);
    const stranger = event === undefined ? undefined : { ...event, sequence: 7 };
    if (event === undefined || stranger === undefined) throw new Error("one line is one event");
    expect(orderHistory([event]).compare(event, event)).toBe("concurrent");
    expect(orderHistory([event]).compare(event, stranger)).toBe("concurrent");
  });

  it.each(["to-client", "to-server"] as const)("follows a frame %s from one face to the other", (direction) => {
    const lines = [
      message(direction, "enters"),
      message(direction, "enters", { frame: 1 }),
      message(direction, "leaves"),
    ];
    expect(orderIn(lines, 0, 2)).toBe("before");
    expect(orderIn(lines, 1, 2)).toBe("concurrent");
  });

  it("does not take a frame for one of another connection, session or direction", () => {
    for (const other of [{ connection: 1 }, { session: 1 }]) {
      expect(orderIn([message("to-client", "enters", other), message("to-client", "leaves")], 0, 1)).toBe("concurrent");
    }
    const control = (source: "client-face" | "server-face"): Line => ({
      source,
      kind: "control-frame",
      direction: "to-client",
      opcode: "close",
    });
    expect(orderIn([control("server-face"), control("client-face")], 0, 1)).toBe("before");
    expect(orderIn([control("server-face"), message("to-client", "leaves")], 0, 1)).toBe("concurrent");
  });

  it("follows the end of a stream through the wire", () => {
    const ended = (source: "client-face" | "server-face", edge: "in" | "out"): Line => ({
      source,
      kind: "ended",
      edge,
    });
    expect(orderIn([ended("server-face", "in"), ended("client-face", "out")], 0, 1)).toBe("before");
    expect(orderIn([ended("server-face", "in"), ended("server-face", "out"), ended("client-face", "in")], 0, 2)).toBe(
      "concurrent",
    );
  });

  it("puts the delivery of a call before the start of its tool, and what came before that too", () => {
    const lines = [
      message("to-client", "enters", done),
      message("to-client", "leaves", { type: done.type }),
      toolStarted,
    ];
    expect(orderIn(lines, 1, 2)).toBe("before");
    expect(orderIn(lines, 0, 2)).toBe("before");
    const completed = { type: "response.completed", body: { response: { output: [item] } } };
    const snapshot = [
      message("to-client", "enters", completed),
      message("to-client", "leaves", { type: completed.type }),
      toolStarted,
    ];
    expect(orderIn(snapshot, 1, 2)).toBe("before");
  });

  it("leaves open whether a tool started after its call was delivered again", () => {
    const lines = [
      message("to-client", "enters", done),
      message("to-client", "leaves", { type: done.type }),
      message("to-client", "enters", { ...done, frame: 1 }),
      message("to-client", "leaves", { type: done.type, frame: 1 }),
      toolStarted,
    ];
    expect(orderIn(lines, 1, 4)).toBe("before");
    expect(orderIn(lines, 3, 4)).toBe("concurrent");
  });

  it("tells calls for one operation apart by their arguments", () => {
    const other = { type: done.type, body: { item: { ...item, arguments: '{"operation":"book","seat":"1B"}' } } };
    const lines = [
      message("to-client", "enters", done),
      message("to-client", "leaves", { type: done.type }),
      message("to-client", "enters", { ...other, frame: 1 }),
      message("to-client", "leaves", { type: done.type, frame: 1 }),
      { ...toolStarted, argumentsDigest: digestOfText('{"operation":"book","seat":"1B"}') } as Line,
    ];
    expect(orderIn(lines, 3, 4)).toBe("before");
  });

  it("puts the return of a tool before the create that carries its output", () => {
    const output = { type: "function_call_output", call_id: "c1", output: "receipt" };
    expect(orderIn([toolReturned, create([output])], 0, 1)).toBe("before");
    expect(orderIn([toolReturned, create([{ ...output, output: "aborted" }])], 0, 1)).toBe("concurrent");
  });

  it("puts a turn before the create that says its text, and a create before its answer", () => {
    expect(orderIn([turnStarted, create([{ role: "user", content: "Book! Now." }])], 0, 1)).toBe("before");
    expect(orderIn([turnStarted, create([{ role: "user", content: "Hello" }])], 0, 1)).toBe("concurrent");
    for (const type of ["response.created", "error"]) {
      expect(orderIn([create([]), message("to-client", "enters", { type })], 0, 1)).toBe("before");
    }
    const broken = message("to-client", "enters", { type: "error", responseId: "r1" });
    expect(orderIn([create([]), broken], 0, 1)).toBe("concurrent");
  });

  it("orders what a client reports and the ends of its turns, which come over one channel", () => {
    const text: Line = { source: "client", kind: "text", text: "Hello" };
    expect(orderIn([text, turnEnded], 0, 1)).toBe("before");
    expect(orderIn([turnEnded, text], 0, 1)).toBe("before");
    expect(orderIn([{ ...text, session: 1 }, turnEnded], 0, 1)).toBe("concurrent");
  });

  it("puts what reached a fault before the fault", () => {
    expect(orderIn([message("to-client", "enters"), fault({ kind: "fault-reached", by: 0 })], 0, 1)).toBe("before");
    expect(orderIn([message("to-client", "enters"), fault({ kind: "fault-reached" })], 0, 1)).toBe("concurrent");
  });
});

describe("what it costs", () => {
  it("grows with the number of events and not with its square", () => {
    const lines = Array.from({ length: 100_000 }, (_, frame) => [
      message("to-client", "enters", { frame }),
      message("to-client", "leaves", { frame }),
    ]).flat();
    const events = eventsOf(lines);
    const order = orderHistory(events);
    const [first, last] = [events[0], events.at(-1)];
    expect(first === undefined || last === undefined ? "" : order.compare(first, last)).toBe("before");
  });
});
