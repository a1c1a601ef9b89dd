import { capabilitiesOf } from "../plan/fault-catalogue.ts";
import type { Fault, Heal } from "../plan/fault.ts";
import { type Able, healsAfter, NEVER, ON_CLOSE, pointsFrom, type SearchMould, type Strike } from "./search-mould.ts";
import { statedErrorMoulds } from "./stated-errors.ts";

/** Every close code of F-15: those to come back from, and those that have to end in an error. */
export const CLOSE_CODES: readonly number[] = [
  1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4001, 4401, 4408, 4429,
];

const ANYWHERE = pointsFrom(0, 14);
const ON_CONNECTION = pointsFrom(1, 14);
/** Where a response is under way, and something of the server is still to come. */
const IN_RESPONSE = pointsFrom(2, 12);
const AFTER_CALL = pointsFrom(6, 12);

const CUT_RST: Fault = { kind: "cut", mode: "rst" };
const CUT_FIN: Fault = { kind: "cut", mode: "fin" };
const GOING_AWAY: Fault = { kind: "close", code: 1012 };

const WIRE_MOULDS: readonly SearchMould[] = [
  { name: "fin", points: ON_CONNECTION, variants: each([CUT_FIN], ON_CLOSE) },
  { name: "rst", points: ON_CONNECTION, variants: each([CUT_RST], ON_CLOSE) },
  { name: "blackhole", points: ON_CONNECTION, variants: each([{ kind: "cut", mode: "blackhole" }], ON_CLOSE) },
  {
    name: "stall",
    points: ON_CONNECTION,
    variants: [
      [{ fault: { kind: "stall", direction: "to-client" }, heal: healsAfter(60) }],
      [{ fault: { kind: "stall", direction: "to-server" }, heal: healsAfter(60) }],
      [{ fault: { kind: "stall", direction: "to-client" }, heal: ON_CLOSE }],
      [{ fault: { kind: "stall", direction: "to-server" }, heal: ON_CLOSE }],
    ],
  },
  {
    name: "toxic",
    points: ANYWHERE,
    variants: each(
      [
        { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency: 30, jitter: 0 } },
        { kind: "toxic", type: "latency", direction: "to-server", attributes: { latency: 30, jitter: 0 } },
        { kind: "toxic", type: "slicer", direction: "to-client", attributes: { average_size: 16 } },
        { kind: "toxic", type: "slicer", direction: "to-server", attributes: { average_size: 16 } },
        { kind: "toxic", type: "bandwidth", direction: "to-client", attributes: { rate: 20 } },
      ],
      healsAfter(300),
    ),
  },
  {
    name: "limit",
    points: ON_CONNECTION,
    variants: each(
      [0, 100, 1_000].map((bytes) => ({
        kind: "toxic",
        type: "limit_data",
        direction: "to-client",
        attributes: { bytes },
      })),
      healsAfter(300),
    ),
  },
];

const DIAL_MOULDS: readonly SearchMould[] = [
  {
    name: "reject",
    points: ["P0"],
    variants: each(
      [
        { kind: "reject", how: { status: 503 }, dials: 1 },
        { kind: "reject", how: "reset", dials: 2 },
        { kind: "reject", how: "reset", dials: 5 },
        { kind: "reject", how: { status: 503, retryAfterSeconds: 1 }, dials: 1 },
        { kind: "reject", how: { status: 429, retryAfterSeconds: 1 }, dials: 1 },
        { kind: "reject", how: { status: 401 }, dials: 1_000 },
        { kind: "reject", how: "silence", dials: 1 },
        { kind: "reject", how: "reset", dials: 1_000 },
      ],
      NEVER,
    ),
  },
  {
    name: "upgrade",
    points: ["P0"],
    variants: each(
      [
        { kind: "upgrade", how: { lateMs: 200 }, dials: 1 },
        { kind: "upgrade", how: "wrong-accept-key", dials: 1 },
      ],
      NEVER,
    ),
  },
  {
    name: "outage",
    points: ON_CONNECTION,
    variants: [
      [once(CUT_FIN, ON_CLOSE), once({ kind: "reject", how: { status: 503 }, dials: 1 }, NEVER)],
      [once(CUT_RST, ON_CLOSE), once({ kind: "reject", how: "reset", dials: 3 }, NEVER)],
      [
        once(GOING_AWAY, ON_CLOSE),
        once({ kind: "reject", how: { status: 503, retryAfterSeconds: 1 }, dials: 1 }, NEVER),
      ],
      [once(CUT_RST, ON_CLOSE), once({ kind: "reject", how: "reset", dials: 1_000 }, NEVER)],
    ],
  },
  { name: "refuse", points: ANYWHERE, variants: each([{ kind: "refuse" }], healsAfter(300)) },
  {
    // The machine is gone: a dial hangs until its own deadline, or its SYN comes again when somebody is there.
    name: "unanswered",
    points: pointsFrom(0, 12),
    variants: [300, 5_000, 600_000].map((delayMs) => [
      once({ kind: "refuse", how: "unanswered" }, healsAfter(delayMs)),
    ]),
  },
  {
    name: "flap",
    points: ["P1"],
    variants: [
      [{ fault: { kind: "close", code: 1011 }, heal: ON_CLOSE, times: 3 }],
      [{ fault: { kind: "close", code: 1011 }, heal: ON_CLOSE, times: 6 }],
      [{ fault: CUT_RST, heal: ON_CLOSE, times: 4 }],
    ],
  },
];

const HOUR_MS = 3_600_000;

/** What the client's own machine does. */
const CLIENT_MOULDS: readonly SearchMould[] = [
  {
    name: "clock-step",
    points: ANYWHERE,
    variants: each(
      [HOUR_MS, -HOUR_MS].map((byMs) => ({ kind: "clock-step", byMs })),
      NEVER,
    ),
  },
  {
    // What begins with a clock that is an hour ahead goes on when that has been set right.
    name: "outage-clock-step",
    points: ON_CONNECTION,
    variants: [
      [once(CUT_RST, ON_CLOSE), once({ kind: "clock-step", byMs: HOUR_MS }, healsAfter(8))],
      [once({ kind: "cut", mode: "blackhole" }, ON_CLOSE), once({ kind: "clock-step", byMs: HOUR_MS }, healsAfter(8))],
    ],
  },
];

const FRAME_MOULDS: readonly SearchMould[] = [
  {
    name: "close",
    points: ON_CONNECTION,
    variants: each(
      CLOSE_CODES.map((code) => ({ kind: "close", code })),
      ON_CLOSE,
    ),
  },
  {
    // Some clients take a clean close for the end of the answer, and of all codes and points few show it.
    name: "clean-close",
    points: ["P3", "P5", "P11", "P12"],
    variants: each(
      [1000, 1005].map((code) => ({ kind: "close", code })),
      ON_CLOSE,
    ),
  },
  {
    name: "fragment",
    points: IN_RESPONSE,
    variants: each(
      [
        { kind: "fragment", fragments: 3, cut: "anywhere", pingBetween: true, messages: 4 },
        { kind: "fragment", fragments: 2, cut: "inside-character", pingBetween: false, messages: 4 },
      ],
      ON_CLOSE,
    ),
  },
  {
    name: "corrupt",
    points: IN_RESPONSE,
    before: ["response.created", "response.completed"],
    variants: each(
      [
        { kind: "corrupt", how: "not-json" },
        { kind: "corrupt", how: "invalid-utf8" },
        { kind: "corrupt", how: "reserved-bit" },
      ],
      ON_CLOSE,
    ),
  },
];

const SERVER_MOULDS: readonly SearchMould[] = [
  {
    name: "repeat-item",
    points: AFTER_CALL,
    variants: each(
      [
        { kind: "repeat-item", arguments: "same", times: 1 },
        { kind: "repeat-item", arguments: "other", times: 1 },
      ],
      ON_CLOSE,
    ),
  },
  {
    name: "duplicate",
    points: IN_RESPONSE,
    before: ["response.created", "response.completed"],
    variants: each(
      [
        { kind: "sequence", what: "duplicate" },
        { kind: "sequence", what: "drop" },
      ],
      ON_CLOSE,
    ),
  },
  {
    name: "disorder",
    points: IN_RESPONSE,
    before: ["response.created", "response.completed"],
    variants: each(
      [
        { kind: "sequence", what: "swap" },
        { kind: "sequence", what: "without-id" },
        { kind: "sequence", what: "echo", until: "end" },
        { kind: "sequence", what: "late", until: "end" },
      ],
      ON_CLOSE,
    ),
  },
  {
    // The end of an answer that comes when the next one is under way: a client without correlation is one behind from then on.
    name: "late-answer",
    points: [],
    before: ["response.completed"],
    variants: each(
      [
        { kind: "sequence", what: "echo", until: "next-response" },
        { kind: "sequence", what: "late", until: "next-response" },
      ],
      ON_CLOSE,
    ),
  },
  {
    name: "silence",
    points: IN_RESPONSE,
    variants: [
      [once({ kind: "silence", pingEveryMs: 50 }, healsAfter(400))],
      [once({ kind: "silence" }, ON_CLOSE)],
      // A peer that is silent and answers no Close either tells a client that waits for that answer (M21) from one that has no timer at all.
      [once({ kind: "silence" }, ON_CLOSE), once({ kind: "no-close-answer" }, healsAfter(20_000))],
    ],
  },
  {
    name: "forget",
    points: ["P8", "P9", "P14"],
    variants: each(
      [
        { kind: "forget", what: "connections" },
        { kind: "forget", what: "all" },
      ],
      NEVER,
    ),
  },
  { name: "reuse-call-ids", points: ["P0", "P14"], variants: each([{ kind: "reuse-call-ids" }], NEVER) },
];

/** Everything that a search can let go wrong, by its layer. */
export const SEARCH_MOULDS: readonly SearchMould[] = [
  ...WIRE_MOULDS,
  ...DIAL_MOULDS,
  ...CLIENT_MOULDS,
  ...FRAME_MOULDS,
  ...SERVER_MOULDS,
  ...statedErrorMoulds,
];

/** The moulds as far as a wire and a server can make them happen; a mould with no variant left is left out. */
export function mouldsFor(able: Able): readonly SearchMould[] {
  return SEARCH_MOULDS.flatMap((mould) => {
    const variants = mould.variants.filter((strikes) =>
      strikes.every(({ fault }) => capabilitiesOf(fault).every((capability) => able.has(capability))),
    );
    return variants.length === 0 ? [] : [{ ...mould, variants }];
  });
}

function each(faults: readonly Fault[], heal: Heal): readonly (readonly Strike[])[] {
  return faults.map((fault) => [{ fault, heal }]);
}

function once(fault: Fault, heal: Heal): Strike {
  return { fault, heal };
}
