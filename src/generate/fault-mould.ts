import { stableJson } from "../determinism/stable-json.ts";
import type { Fault, Heal, ScheduledFault } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import { healsAfter, NEVER, ON_CLOSE, pointsFrom } from "./search-mould.ts";

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

const ON_CONNECTION = pointsFrom(1, 14);

/** Where a call may come again: at once, while its tool works, with the next response, and in a later turn. */
const BEHIND_CALL: readonly ProtocolPoint[] = ["P2", "P3", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P14"];

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

/** Toxiproxy's toxics and its switch, as faults that a session can live through. */
export const TOXIC_MOULDS: readonly FaultMould[] = [
  { name: "slicer", points: ON_CONNECTION, variants: toxics("slicer", [{ average_size: 16, size_variation: 8 }], 300) },
  { name: "bandwidth", points: ON_CONNECTION, variants: toxics("bandwidth", [{ rate: 100 }, { rate: 20 }], 300) },
  { name: "slow-close", points: ON_CONNECTION, variants: toxics("slow_close", [{ delay: 20 }, { delay: 100 }], 300) },
  { name: "limit-data", points: ON_CONNECTION, variants: toxics("limit_data", [{ bytes: 1_000 }, { bytes: 0 }], 150) },
  { name: "timeout", points: ON_CONNECTION, variants: toxics("timeout", [{ timeout: 20 }, { timeout: 100 }], 200) },
  { name: "reset-peer", points: ON_CONNECTION, variants: toxics("reset_peer", [{ timeout: 0 }, { timeout: 20 }], 100) },
  {
    name: "down",
    points: ON_CONNECTION,
    variants: [{ fault: { kind: "refuse" }, heal: { kind: "after", delayMs: 150 } }],
  },
];

/** A toxic with each of these attributes, towards the client first; it goes after a time. */
function toxics(
  type: string,
  each: readonly Readonly<Record<string, number>>[],
  delayMs: number,
): FaultMould["variants"] {
  const heal = healsAfter(delayMs);
  return (["to-client", "to-server"] as const).flatMap((direction) =>
    each.map((attributes) => ({ fault: { kind: "toxic", type, direction, attributes }, heal })),
  );
}

/**
 * The moulds as far as a wire can make them happen, with the points where it can. On one that cannot make all of
 * {@link FAULT_MOULDS}, as a real Toxiproxy's cannot, its own toxics come too.
 *
 * @param isAble Whether a fault can be made as it is scheduled.
 */
export function mouldsFor(isAble: (scheduled: ScheduledFault) => boolean): readonly FaultMould[] {
  const isAbleAt = ({ fault, heal }: FaultMould["variants"][number], point: ProtocolPoint): boolean =>
    isAble({ id: "tried", fault, heal, when: { place: { session: 0 }, at: { kind: "point", point, occurrence: 1 } } });
  const able = (moulds: readonly FaultMould[]): readonly FaultMould[] =>
    moulds.flatMap((mould) => {
      const variants = mould.variants.filter((variant) => mould.points.some((point) => isAbleAt(variant, point)));
      const points = mould.points.filter((point) => variants.every((variant) => isAbleAt(variant, point)));
      return variants.length === 0 || points.length === 0 ? [] : [{ ...mould, variants, points }];
    });
  const usual = able(FAULT_MOULDS);
  return usual.length === FAULT_MOULDS.length ? FAULT_MOULDS : [...usual, ...able(TOXIC_MOULDS)];
}

/** The place of the mould that a fault was made in, among these; undefined where it was made in none. */
export function mouldIndexOf(fault: Fault, moulds: readonly FaultMould[] = FAULT_MOULDS): number | undefined {
  const made = stableJson(fault);
  const index = moulds.findIndex(({ variants }) => variants.some((variant) => stableJson(variant.fault) === made));
  return index === -1 ? undefined : index;
}

/** What a fault is counted as: the name of its mould, or of its kind. */
export function mouldNameOf(fault: Fault): string {
  const moulds = [...FAULT_MOULDS, ...TOXIC_MOULDS];
  return moulds[mouldIndexOf(fault, moulds) ?? -1]?.name ?? fault.kind;
}

/** Whether a client may end its turn when this happens, so that nothing else happens in the turn. */
export function mayEndTurn(fault: Fault): boolean {
  return fault.kind === "close" && REFUSING_CODES.includes(fault.code);
}
