import { checkHistory } from "../check/check-history.ts";
import type { Checker } from "../check/checker.ts";
import { type FaultState, planOfStruck } from "../check/fault-states.ts";
import type { Outcome, Verdict } from "../check/verdict.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import { findingsOf, type SearchFinding } from "./search-finding.ts";

/** Runs one plan and judges it; which backend does so is decided by whoever made the function. */
export type RunOne = (plan: Plan, signal?: AbortSignal) => Promise<RunResult>;

/** What is kept of a run once it was judged: its history is not. */
export type SearchRun = {
  readonly number: number;
  /** `discarded`: none of its faults fired, so it has shown nothing, and is judged by no rule. */
  readonly state: "judged" | "discarded";
  readonly faults: Readonly<Record<FaultState["state"], number>>;
  /** What struck, where: {@link coverageKey}. */
  readonly struck: readonly string[];
  readonly outcomes: readonly { readonly rule: string; readonly outcome: Outcome }[];
  readonly findings: readonly SearchFinding[];
  /** The digest of its history, where the backend's runs can be had again to the last event. */
  readonly digest?: string;
};

/**
 * Judges a generated plan by the faults that fired: those that did not are taken out of it.
 *
 * Without faults a plan is judged as it is: it asks for nothing that could be missed.
 */
export function judgeSearchRun(number: number, result: RunResult, checkers: readonly Checker[]): SearchRun {
  const { record, faults } = result;
  const fired = firedPlan(result);
  const counts = {
    fired: countState(faults, "fired"),
    missed: countState(faults, "missed"),
    failed: countState(faults, "failed"),
  };
  const struck = fired.faults.map(coverageKey);
  const digest = result.digest === undefined ? {} : { digest: result.digest };
  if (faults.length > 0 && struck.length === 0) {
    return { number, state: "discarded", faults: counts, struck, outcomes: [], findings: [], ...digest };
  }
  const verdicts = verdictsOver(result, fired, checkers);
  const plan = planOfStruck(record.plan, record.history);
  return {
    number,
    state: "judged",
    faults: counts,
    struck,
    outcomes: verdicts.map(({ rule, outcome }) => ({ rule, outcome })),
    findings: findingsOf({ ...record, number, plan, verdicts }),
    ...digest,
  };
}

/** The plan of a run without the faults that did not fire. */
export function firedPlan({ record, faults }: RunResult): Plan {
  const fired = new Set(faults.filter(({ state }) => state === "fired").map(({ id }) => id));
  return { ...record.plan, faults: record.plan.faults.filter(({ id }) => fired.has(id)) };
}

function verdictsOver({ record, verdicts }: RunResult, fired: Plan, checkers: readonly Checker[]): readonly Verdict[] {
  if (fired.faults.length === record.plan.faults.length) return verdicts;
  const { contract, history } = record;
  return checkHistory({ plan: fired, contract, history }, checkers);
}

function countState(faults: readonly FaultState[], state: FaultState["state"]): number {
  return faults.filter((fault) => fault.state === state).length;
}

/**
 * A cell of the fault space: the point, or the message, where a fault struck, its kind, and the direction where it has one.
 *
 * @example "P6 stall to-client"
 */
export function coverageKey({ fault, when }: Pick<ScheduledFault, "fault" | "when">): string {
  const { at } = when;
  const point = at.kind === "point" ? at.point : at.kind === "event" ? `${at.edge} ${at.type}` : "bytes";
  return "direction" in fault ? `${point} ${fault.kind} ${fault.direction}` : `${point} ${fault.kind}`;
}
