import type { Capability } from "../plan/fault-description.ts";
import type { Fault, Heal } from "../plan/fault.ts";
import { PROTOCOL_POINTS, type ProtocolPoint } from "../protocol/protocol-point.ts";

/** One fault of a mould, which may strike several times in a row. */
export type Strike = {
  readonly fault: Fault;
  readonly heal: Heal;
  /** At how many occurrences of its point in a row; 1 where absent. */
  readonly times?: number;
};

/**
 * Something that goes wrong in the field: one fault, or a few that come together, in some variants.
 *
 * @example { "name": "outage", "points": ["P8"], "variants": [[{ "fault": { "kind": "cut", "mode": "rst" }, "heal": … },
 *            { "fault": { "kind": "reject", "how": "reset", "dials": 3 }, "heal": … }]] }
 */
export type SearchMould = {
  /** Lower case words joined by hyphens; unique. */
  readonly name: string;
  /** Where it can strike. */
  readonly points: readonly ProtocolPoint[];
  /** Messages of the server that it can also strike, each a type: the next one behind the anchor is the one meant. */
  readonly before?: readonly ResponseMessage[];
  /** Its variants, mildest first; each is what strikes together. */
  readonly variants: readonly (readonly Strike[])[];
};

/** Messages that every response has once. */
export type ResponseMessage = "response.created" | "response.completed";

/** What a run's wire and server are able to do between them. */
export type Able = ReadonlySet<Capability>;

/** Heals with the connection that it struck. */
export const ON_CLOSE: Heal = { kind: "on-close" };
/** Ends with the run. */
export const NEVER: Heal = { kind: "never" };
/** Heals by itself. */
export function healsAfter(delayMs: number): Heal {
  return { kind: "after", delayMs };
}

/** The points from `first` to `last`, both included: `pointsFrom(0, 2)` is P0, P1 and P2. */
export function pointsFrom(first: number, last: number): readonly ProtocolPoint[] {
  return PROTOCOL_POINTS.slice(first, last + 1).map(({ point }) => point);
}
