import type { Fault, Heal } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";

/** A kind of fault that plans are generated with, in a bounded number of variants. */
export type FaultMould = {
  readonly name: string;
  /** The points where it makes sense. */
  readonly points: readonly ProtocolPoint[];
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

const ON_CLOSE: Heal = { kind: "on-close" };
const NEVER: Heal = { kind: "never" };

/** Codes with which a client has to come back, and codes with which it may stop with a cause. */
const CLOSE_CODES = [1000, 1001, 1011, 1012, 1013, 1008, 3000, 4000];

/** The faults that plans are generated with, simplest first: a plan shrinks towards the front. */
export const FAULT_MOULDS: readonly FaultMould[] = [
  { name: "fin", points: ON_CONNECTION, variants: [{ fault: { kind: "cut", mode: "fin" }, heal: ON_CLOSE }] },
  { name: "rst", points: ON_CONNECTION, variants: [{ fault: { kind: "cut", mode: "rst" }, heal: ON_CLOSE }] },
  { name: "stall", points: ON_CONNECTION, variants: [{ fault: { kind: "cut", mode: "blackhole" }, heal: ON_CLOSE }] },
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
];
