import { stableJson } from "../../determinism/stable-json.ts";
import type { ScheduledFault } from "../../plan/fault.ts";
import type { Plan } from "../../plan/plan.ts";

/** How much there is to a plan. */
export type PlanSize = {
  readonly sessions: number;
  readonly turns: number;
  /** Tool calls of the script. */
  readonly calls: number;
  readonly faults: number;
  /** Everything else: members, numbers, lengths of texts. Only comparing it means something. */
  readonly detail: number;
  /** Length of its JSON in UTF-8. */
  readonly sizeBytes: number;
};

/** Measures a plan. */
export function sizeOfPlan(plan: Plan): PlanSize {
  const { sessions } = plan.workload;
  const turns = sessions.flatMap((session) => session.turns);
  return {
    sessions: sessions.length,
    turns: turns.length,
    calls: turns.flatMap(({ script }) => script.steps.flatMap(({ calls = [] }) => calls)).length,
    faults: plan.faults.length,
    detail: weightOf(plan.workload) + weightOf(plan.faults) + plan.faults.filter(isDelayed).length * DELAY_WEIGHT,
    sizeBytes: Buffer.byteLength(stableJson(plan)),
  };
}

/**
 * A fault that strikes some time behind its place weighs more than one at any place: what has happened by then is exact
 * in virtual time, and another thing on a wall clock.
 */
const DELAY_WEIGHT = 10_000;

function isDelayed({ when }: ScheduledFault): boolean {
  return when.delayMs !== undefined;
}

/**
 * Whether a plan is smaller than another: it has fewer sessions; as many, and fewer turns; and so on through calls,
 * faults and detail. Bytes do not count, because a shorter number is not always a simpler one.
 *
 * No plan has infinitely many smaller ones below each other: what shrinks by this measure comes to an end.
 */
export function isSmaller(left: PlanSize, right: PlanSize): boolean {
  for (const part of ["sessions", "turns", "calls", "faults", "detail"] as const) {
    if (left[part] !== right[part]) return left[part] < right[part];
  }
  return false;
}

/** Fewer members, lower numbers and points, and shorter texts weigh less. */
function weightOf(value: unknown): number {
  if (typeof value === "number") return Math.abs(value);
  if (typeof value === "string") return weightOfText(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "object" || value === null) return 0;
  const members = Array.isArray(value)
    ? value.map((entry) => weightOf(entry))
    : Object.values(value).map(weightOfMember);
  return members.reduce((sum, weight) => sum + weight, 0);
}

function weightOfMember(value: unknown): number {
  return 1 + weightOf(value);
}

/** The name of a point weighs what its number says. */
function weightOfText(text: string): number {
  const point = /^P(?<number>\d{1,2})$/.exec(text)?.groups?.["number"];
  return point === undefined ? text.length : Number(point);
}
