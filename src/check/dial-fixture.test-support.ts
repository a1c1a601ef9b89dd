import type { EventBody, EventPlace, HistoryEvent } from "../history/event.ts";
import { type BackoffContract, type Contract, DEFAULT_CONTRACT } from "../plan/contract.ts";
import type { Fault } from "../plan/fault.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Checker } from "./checker.ts";
import { checkHistory } from "./check-history.ts";
import { endTurn, openFixture, overdueTurn, planOf, record, startTurn } from "./history-fixture.test-support.ts";
import type { Verdict } from "./verdict.ts";

/** Waits that grow from 100 ms to 800 ms, of which a client draws the upper half. */
export const EQUAL_BACKOFF: BackoffContract = {
  baseMs: 100,
  factor: 2,
  capMs: 800,
  jitter: "equal",
  attemptsMax: 4,
  resetOn: "completed",
};

/** A history that is written at chosen moments. Each function answers the number of the event that it wrote. */
export type TimedFixture = {
  readonly events: readonly HistoryEvent[];
  /** Everything from here on happens this much later, in ms. */
  wait(ms: number): void;
  startTurn(turn?: number): number;
  /** The turn ends; with a cause it failed. */
  endTurn(cause?: string): number;
  overdue(): number;
  /** The client dials: connection 0, then 1 and so on. */
  dial(): number;
  /** The client dials, and nobody answers. */
  unanswered(): number;
  /** The upgrade is answered with 101. */
  open(): number;
  /** A create on the newest connection. */
  create(body?: JsonObject): number;
  /** A message to the client, on the newest connection, as it arrives there. */
  receive(type: string, body?: JsonObject): number;
  /** Something at the client's face of a connection, the newest where none is named. */
  face(body: FaceBody, connection?: number): number;
  fault(fault: Fault): number;
  show(kind: "error-shown" | "gave-up" | "text-retracted"): number;
  /** What the harness measured of itself since the last time. */
  measure(maxMs?: number): void;
  inSession(session: number): TimedFixture;
};

/** What can happen to a connection at the client's face. */
export type FaceBody =
  | { readonly kind: "dial-rejected"; readonly how: string; readonly retryAfterMs?: number }
  | { readonly kind: "reset"; readonly by: "peer" | "proxy" }
  | { readonly kind: "ended"; readonly edge: "in" | "out" }
  | { readonly kind: "connection-closed" }
  | { readonly kind: "frame-injected"; readonly direction: "to-client"; readonly code: number }
  | {
      readonly kind: "control-frame";
      readonly direction: "to-client" | "to-server";
      readonly opcode: "close" | "ping";
      readonly code?: number;
    };

/** A turn's first dial, turned away: what most fixtures begin with. */
export const REJECTED: FaceBody = { kind: "dial-rejected", how: "reset" };

/** Opens a timed history in which the run and the client have started. */
export function openTimed(): TimedFixture {
  return timed({ fixture: openFixture(), nowMs: 0 }, 0);
}

type Shared = { readonly fixture: ReturnType<typeof openFixture>; nowMs: number };

function timed(shared: Shared, session: number): TimedFixture {
  const fixture = { ...shared.fixture, session };
  let connection = -1;
  const dated = (sequence: number): number => {
    const event = fixture.events[sequence];
    if (event !== undefined) fixture.events[sequence] = { ...event, atMs: shared.nowMs };
    return sequence;
  };
  const write = (body: EventBody, place: EventPlace = {}): number => dated(record(fixture, body, place));
  const newest = (): EventPlace => ({ connection });
  const message = { kind: "message", frame: 0, endOffset: 0, source: "client-face" } as const;
  return {
    events: fixture.events,
    wait: (ms) => void (shared.nowMs += ms),
    startTurn: (turn = 0) => dated(startTurn(fixture, turn)),
    endTurn: (cause) => dated(endTurn(fixture, 0, cause === undefined ? {} : { cause })),
    overdue: () => dated(overdueTurn(fixture, 0)),
    dial() {
      connection += 1;
      const dialled = write({ source: "client-face", kind: "dialled" }, newest());
      write({ source: "client-face", kind: "upgrade-requested", path: "/v1", extensionsRemoved: false }, newest());
      return dialled;
    },
    unanswered: () => write({ source: "client-face", kind: "dial-unanswered" }),
    open: () => write({ source: "server-face", kind: "upgrade-answered", status: 101 }, newest()),
    create: (body = { input: [] }) =>
      write({ ...message, direction: "to-server", type: "response.create", body }, newest()),
    receive: (type, body = {}) => write({ ...message, direction: "to-client", type, body }, newest()),
    face: (body, on = connection) => write({ source: "client-face", ...body }, { connection: on }),
    fault: (fault) =>
      write({ source: "fault", kind: "fault-applied", id: "fault", fault: { ...fault }, delayMs: 0 }, newest()),
    show: (kind) => write({ source: "client", ...shown(kind) }),
    measure: (maxMs = 0) => void write({ source: "harness", kind: "event-loop-delay", maxMs }),
    inSession: (other) => timed(shared, other),
  };
}

function shown(
  kind: "error-shown" | "gave-up" | "text-retracted",
): { kind: "error-shown"; message: string } | { kind: "gave-up"; cause: string } | { kind: "text-retracted" } {
  if (kind === "error-shown") return { kind, message: "no answer" };
  return kind === "gave-up" ? { kind, cause: "no answer" } : { kind };
}

/** Judges the history by one checker; the harness measures itself once more at the end. */
export function judgeTimed(checker: Checker, fixture: TimedFixture, contract: Partial<Contract> = {}): Verdict {
  fixture.measure();
  const input = { plan: planOf(), contract: { ...DEFAULT_CONTRACT, ...contract }, history: fixture.events };
  const [verdict] = checkHistory(input, [checker]);
  if (verdict === undefined) throw new Error("one checker gives one verdict");
  return verdict;
}

/** A turn in which dial after dial is turned away, with these waits in between, in ms. */
export function failingDials(waits: readonly number[]): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  for (const waitMs of waits) {
    fixture.face(REJECTED);
    fixture.wait(waitMs);
    fixture.dial();
  }
  return fixture;
}
