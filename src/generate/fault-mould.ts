import { stableJson } from "../determinism/stable-json.ts";
import type { Fault, Heal } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";

/** A kind of fault that plans are generated with, in a bounded number of variants. */
export type FaultMould = {
  /** What its faults are counted as; two moulds may share a name. */
  readonly name: string;
  /** The points where it makes sense. */
  readonly points: readonly ProtocolPoint[];
  /** Whether it makes sense only after a function call was finished. */
  readonly isBehindCall?: boolean;
  /** The variants, simplest first. */
  readonly variants: readonly { readonly fault: Fault; readonly heal: Heal }[];
};

const ON_CONNECTION: readonly ProtocolPoint[] = [
  "P1",
  "P2",
  "P3",
  "P4",
  "P5",
  "P6",
  "P7",
  "P8",
  "P9",
  "P10",
  "P11",
  "P12",
  "P13",
  "P14",
];

/** Where a call may come again: at once, while its tool works, with the next response, and in a later turn. */
const BEHIND_CALL: readonly ProtocolPoint[] = ["P2", "P3", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P14"];

const ON_CLOSE: Heal = { kind: "on-close" };
const NEVER: Heal = { kind: "never" };

/** Codes with which a client may stop with a cause, and so end its turn. */
const REFUSING_CODES: readonly number[] = [1008, 3000, 4000];

/** Codes with which a client has to come back, and the refusing ones. */
const CLOSE_CODES = [1001, 1011, 1012, 1013, ...REFUSING_CODES];

/** The faults that plans are generated with, simplest first: a plan shrinks towards the front. */
export const FAULT_MOULDS: readonly FaultMould[] = [
  { name: "fin", points: ON_CONNECTION, variants: [{ fault: { kind: "cut", mode: "fin" }, heal: ON_CLOSE }] },
  { name: "rst", points: ON_CONNECTION, variants: [{ fault: { kind: "cut", mode: "rst" }, heal: ON_CLOSE }] },
  { name: "stall", points: ON_CONNECTION, variants: [{ fault: { kind: "cut", mode: "blackhole" }, heal: ON_CLOSE }] },
  // As often as all the other codes: it looks like an end that was meant, and is where most clients differ.
  { name: "close", points: ON_CONNECTION, variants: [{ fault: { kind: "close", code: 1000 }, heal: ON_CLOSE }] },
  {
    name: "close",
    points: ON_CONNECTION,
    variants: CLOSE_CODES.map((code) => ({ fault: { kind: "close", code }, heal: ON_CLOSE })),
  },
  {
    name: "delay",
    points: ["P0", ...ON_CONNECTION],
    variants: [5, 30, 80].map((latency) => ({
      fault: { kind: "toxic", type: "latency", direction: "to-client", attributes: { latency, jitter: 0 } },
      heal: { kind: "after", delayMs: 300 },
    })),
  },
  {
    name: "reject",
    points: ["P0"],
    variants: [
      { fault: { kind: "reject", how: { status: 503 }, dials: 1 }, heal: NEVER },
      { fault: { kind: "reject", how: "reset", dials: 1 }, heal: NEVER },
      { fault: { kind: "reject", how: { status: 503 }, dials: 2 }, heal: NEVER },
      { fault: { kind: "reject", how: "reset", dials: 2 }, heal: NEVER },
    ],
  },
  {
    name: "repeat-item",
    points: BEHIND_CALL,
    isBehindCall: true,
    variants: [
      { fault: { kind: "repeat-item", arguments: "same", times: 1 }, heal: ON_CLOSE },
      { fault: { kind: "repeat-item", arguments: "same", times: 2 }, heal: ON_CLOSE },
      { fault: { kind: "repeat-item", arguments: "other", times: 1 }, heal: ON_CLOSE },
    ],
  },
];

/** The place of the mould in {@link FAULT_MOULDS} that a fault was made in; undefined where it was made in none. */
export function mouldIndexOf(fault: Fault): number | undefined {
  const made = stableJson(fault);
  const index = FAULT_MOULDS.findIndex(({ variants }) =>
    variants.some((variant) => stableJson(variant.fault) === made),
  );
  return index === -1 ? undefined : index;
}

/** Whether a client may end its turn when this happens, so that nothing else happens in the turn. */
export function mayEndTurn(fault: Fault): boolean {
  return fault.kind === "close" && REFUSING_CODES.includes(fault.code);
}
