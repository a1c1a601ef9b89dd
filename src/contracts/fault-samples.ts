import assert from "node:assert/strict";

import type { EventOf, HistoryEvent } from "../history/event.ts";
import type { Fault, Heal, ScheduledFault } from "../plan/fault.ts";
import type { Anchor } from "../plan/trigger.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";

/** A fault of a wire, where it strikes, and what the history then shows if it really happened. */
export type FaultSample = {
  readonly name: string;
  readonly scheduled: ScheduledFault;
  /** Throws where the fault is said to have been applied, and the faces saw nothing of it. */
  shows(trace: FaultTrace): void;
};

/** What was recorded of the session that a fault struck. */
export type FaultTrace = {
  readonly applied: EventOf<"fault-applied">;
  /** The connection that it struck, or the first one that it could. */
  readonly connection: number;
  /** Everything since its anchor was reached: what a fault does may be seen before it is read back. */
  readonly since: readonly HistoryEvent[];
  /** Everything from the moment in which it was applied to the one in which its heal began. */
  readonly during: readonly HistoryEvent[];
  readonly history: readonly HistoryEvent[];
};

/** Finds what a sample's fault did in the history of its session. */
export function traceOf({ scheduled: { heal } }: FaultSample, history: readonly HistoryEvent[]): FaultTrace {
  const told = history.filter((event) => event.source === "fault");
  const applied = told.find((event) => event.kind === "fault-applied");
  const words = told.map((event) => `${event.kind} ${"why" in event ? event.why : ""}`).join("; ");
  assert.ok(applied !== undefined, `it did not fire: ${words}`);
  assert.ok(!told.some(({ kind }) => kind === "fault-failed"), words);
  const reached = told.find((event) => event.kind === "fault-reached") ?? applied;
  const connection = reached.connection ?? 0;
  // The heal itself is told of when it has been read back, and what was kept back may be seen before that.
  const isOver = (event: HistoryEvent): boolean =>
    event.kind === "fault-healed" ||
    (heal.kind === "after" && event.atMs >= applied.atMs + heal.delayMs) ||
    (heal.kind === "on-close" && event.source === "client-face" && event.kind === "ended");
  const later = history.slice(history.indexOf(applied) + 1);
  const end = later.findIndex(isOver);
  return {
    applied,
    connection,
    since: history.slice(history.indexOf(reached)),
    during: end < 0 ? later : later.slice(0, end),
    history,
  };
}

const NEVER: Heal = { kind: "never" };
const ON_CLOSE: Heal = { kind: "on-close" };
const soon = (delayMs: number): Heal => ({ kind: "after", delayMs });
const at = (point: ProtocolPoint): Anchor => ({ kind: "point", point, occurrence: 1 });

type Given = { readonly fault: Fault; readonly point: ProtocolPoint; readonly heal: Heal };

function sample(name: string, { fault, point, heal }: Given, shows: FaultSample["shows"]): FaultSample {
  return { name, scheduled: { id: "fault", fault, when: { place: { session: 0 }, at: at(point) }, heal }, shows };
}

function toxic(type: string, attributes: Readonly<Record<string, number>>): Fault {
  return { kind: "toxic", type, direction: "to-client", attributes };
}

/** The messages that went out to the client while the fault was there. */
function deliveredDuring({ during }: FaultTrace): readonly EventOf<"message">[] {
  return during.filter(
    (event): event is EventOf<"message"> =>
      event.kind === "message" && event.source === "client-face" && event.direction === "to-client",
  );
}

function nothingComes(trace: FaultTrace): void {
  const types = deliveredDuring(trace)
    .filter(({ connection }) => connection === trace.connection)
    .map(({ type }) => type);
  assert.deepEqual(types, [], "messages went on to come on the connection that was struck");
}

function needsAnotherDial({ since, connection: struck }: FaultTrace): void {
  assert.ok(
    since.some(({ kind, connection }) => kind === "dialled" && (connection ?? 0) > struck),
    "nobody had to dial again",
  );
}

function endsConnection(trace: FaultTrace): void {
  nothingComes(trace);
  needsAnotherDial(trace);
}

/** How long each message was between the faces, in ms. */
function travelTimes(trace: FaultTrace): readonly { readonly tookMs: number; readonly sizeBytes: number }[] {
  const sent = trace.history.filter(
    (event): event is EventOf<"message"> =>
      event.kind === "message" && event.source === "server-face" && event.direction === "to-client",
  );
  const sentAs = (connection: number | undefined, frame: number): EventOf<"message"> | undefined =>
    sent.find((event) => event.connection === connection && event.frame === frame);
  return deliveredDuring(trace).flatMap(({ connection, frame, endOffset, atMs }) => {
    const from = sentAs(connection, frame);
    // What came before the fault was there did not have to wait for it.
    if (from === undefined || from.sequence < trace.applied.sequence) return [];
    return [{ tookMs: atMs - from.atMs, sizeBytes: endOffset - (sentAs(connection, frame - 1)?.endOffset ?? 0) }];
  });
}

function delays(leastMs: (sizeBytes: number) => number): FaultSample["shows"] {
  return (trace) => {
    const times = travelTimes(trace);
    assert.ok(times.length > 0, "no message came through");
    for (const { tookMs, sizeBytes } of times) {
      const least = leastMs(sizeBytes);
      assert.ok(tookMs >= least, `a message of ${sizeBytes} bytes took ${tookMs} ms, and should have taken ${least}`);
    }
  };
}

function clientFaceSees(what: string, isIt: (event: HistoryEvent) => boolean): FaultSample["shows"] {
  return ({ since }) =>
    assert.ok(
      since.some((event) => event.source === "client-face" && isIt(event)),
      what,
    );
}

const AGE_CAP = {
  code: "websocket_connection_limit_reached",
  message: "Responses websocket connection limit reached.",
};
const LATE_MS = 120;
const LATENCY_MS = 40;
const RATE_BYTES_PER_MS = 20;
const PAUSE_MS = 150;

/** A sample for each capability of a backend, and for each verb of a wire. */
export const FAULT_SAMPLES: readonly FaultSample[] = [
  sample("cut fin", { fault: { kind: "cut", mode: "fin" }, point: "P6", heal: ON_CLOSE }, (trace) => {
    endsConnection(trace);
    clientFaceSees("no FIN came", ({ kind, connection }) => kind === "ended" && connection === trace.connection)(trace);
  }),
  sample("cut rst", { fault: { kind: "cut", mode: "rst" }, point: "P8", heal: ON_CLOSE }, (trace) => {
    endsConnection(trace);
    clientFaceSees("no RST came", ({ kind, connection }) => kind === "reset" && connection === trace.connection)(trace);
  }),
  sample("cut blackhole", { fault: { kind: "cut", mode: "blackhole" }, point: "P10", heal: ON_CLOSE }, endsConnection),
  sample(
    "stall that heals",
    { fault: { kind: "stall", direction: "to-client" }, point: "P4", heal: soon(PAUSE_MS) },
    (trace) => {
      nothingComes(trace);
      const last = trace.since.findLast(({ kind }) => kind === "fault-healed");
      assert.ok(last !== undefined && last.atMs >= trace.applied.atMs + PAUSE_MS, "it did not heal when it should");
    },
  ),
  sample("refuse", { fault: { kind: "refuse" }, point: "P8", heal: soon(PAUSE_MS) }, (trace) => {
    endsConnection(trace);
    const dials = trace.during.filter(({ kind }) => kind === "dialled");
    assert.deepEqual(dials, [], "a dial came to a closed port");
  }),
  sample(
    "unanswered dials",
    { fault: { kind: "refuse", how: "unanswered" }, point: "P8", heal: soon(PAUSE_MS) },
    (trace) => {
      endsConnection(trace);
      const kinds = trace.during.map(({ kind }) => kind);
      assert.ok(kinds.includes("dial-unanswered"), "no dial was left without an answer");
      assert.ok(!kinds.includes("dialled"), "a dial was answered");
    },
  ),
  // What it does is for the client alone to see. Nobody else's time may show it, nor a client that goes by no calendar.
  sample(
    "clock step",
    { fault: { kind: "clock-step", byMs: -3_600_000 }, point: "P8", heal: soon(PAUSE_MS) },
    ({ applied, since, history }) => {
      const healed = since.find(({ kind }) => kind === "fault-healed");
      const tookMs = (healed?.atMs ?? Infinity) - applied.atMs;
      assert.ok(tookMs >= PAUSE_MS && tookMs < 100 * PAUSE_MS, `it healed after ${tookMs} ms`);
      const back = history.find((event, index) => event.atMs < (history[index - 1]?.atMs ?? 0));
      assert.equal(back, undefined, "a time of the harness went back");
      assert.equal(since.filter(({ kind }) => kind === "dialled").length, 0, "the client dialled again");
    },
  ),
  sample("close frame", { fault: { kind: "close", code: 1012 }, point: "P8", heal: ON_CLOSE }, (trace) => {
    clientFaceSees(
      "no Close frame with its code came",
      (event) => (event.kind === "control-frame" || event.kind === "frame-injected") && event.code === 1012,
    )(trace);
    endsConnection(trace);
  }),
  sample(
    "rejected dials",
    { fault: { kind: "reject", how: { status: 503 }, dials: 2 }, point: "P0", heal: NEVER },
    ({ since }) => assert.equal(since.filter(({ kind }) => kind === "dial-rejected").length, 2),
  ),
  sample(
    "late upgrade",
    { fault: { kind: "upgrade", how: { lateMs: LATE_MS }, dials: 1 }, point: "P0", heal: NEVER },
    ({ applied, since }) => {
      const first = since.find(({ kind }) => kind === "message");
      assert.ok(first !== undefined && first.atMs >= applied.atMs + LATE_MS, "the upgrade was answered in time");
    },
  ),
  sample(
    "wrong accept key",
    { fault: { kind: "upgrade", how: "wrong-accept-key", dials: 1 }, point: "P0", heal: NEVER },
    endsConnection,
  ),
  sample(
    "repeated item",
    { fault: { kind: "repeat-item", arguments: "same", times: 1 }, point: "P8", heal: ON_CLOSE },
    clientFaceSees("no message was put in", (event) => event.kind === "message" && event.altered === "injected"),
  ),
  sample(
    "stated error",
    { fault: { kind: "error", error: AGE_CAP, close: 1000 }, point: "P12", heal: ON_CLOSE },
    (trace) => {
      clientFaceSees("no error came", (event) => event.kind === "message" && event.type === "error")(trace);
      needsAnotherDial(trace);
    },
  ),
  sample(
    "message that is no JSON",
    { fault: { kind: "corrupt", how: "not-json" }, point: "P6", heal: ON_CLOSE },
    clientFaceSees("every message was readable", ({ kind }) => kind === "unreadable-message"),
  ),
  sample(
    "toxic latency",
    { fault: toxic("latency", { latency: LATENCY_MS, jitter: 0 }), point: "P0", heal: NEVER },
    delays(() => LATENCY_MS - 1),
  ),
  sample(
    "toxic bandwidth",
    { fault: toxic("bandwidth", { rate: RATE_BYTES_PER_MS }), point: "P0", heal: NEVER },
    // A chunk is counted from its own start, and what came late before it is taken off: half of it is certain.
    delays((sizeBytes) => (sizeBytes > 900 ? sizeBytes / RATE_BYTES_PER_MS / 2 : 0)),
  ),
  sample(
    "toxic slicer",
    { fault: toxic("slicer", { average_size: 50, size_variation: 0, delay: 1_000 }), point: "P0", heal: NEVER },
    delays((sizeBytes) => (sizeBytes > 900 ? 10 : 0)),
  ),
  sample(
    "toxic limit_data",
    // Long enough for the bytes to come in also where they take a way through other processes.
    { fault: toxic("limit_data", { bytes: 300 }), point: "P4", heal: soon(4 * PAUSE_MS) },
    needsAnotherDial,
  ),
  sample(
    "toxic timeout",
    { fault: toxic("timeout", { timeout: 50 }), point: "P3", heal: soon(PAUSE_MS) },
    endsConnection,
  ),
  sample(
    "toxic reset_peer",
    { fault: toxic("reset_peer", { timeout: 5 }), point: "P3", heal: soon(PAUSE_MS) },
    endsConnection,
  ),
  sample("toxic slow_close", { fault: toxic("slow_close", { delay: 20 }), point: "P0", heal: NEVER }, ({ since }) =>
    assert.ok(
      since.some(({ kind }) => kind === "fault-healed"),
      "it was never taken out",
    ),
  ),
];
