import { mouldNameOf } from "../generate/fault-mould.ts";
import { violatedRulesOf } from "../reproduce/confirm.ts";
import type { RunResult } from "../reproduce/judged-run.ts";

/** What generated runs came to: a property that never struck anything has shown nothing. */
export type Tally = {
  readonly runs: number;
  /** Runs in which every fault fired. */
  readonly allFired: number;
  /** Runs in which no fault fired; they are not judged. */
  readonly discarded: number;
  /** Runs in which a rule of the promise was decided: it held, or was violated. */
  readonly decided: number;
  /** Runs in which a rule was violated, by rule, whatever promise it belongs to: `{ "INV-03": 2 }`. */
  readonly violated: Readonly<Record<string, number>>;
  /** Faults by what became of them. */
  readonly faults: { readonly fired: number; readonly missed: number; readonly failed: number };
  /** Fired faults by mould: `{ "fin": 31 }`. */
  readonly byMould: Readonly<Record<string, number>>;
  /** Fired faults by the point where they struck: `{ "P6": 12 }`. */
  readonly byPoint: Readonly<Record<string, number>>;
};

/** Counts over runs; `rules` are those of the promise. */
export function tallyRuns(results: readonly RunResult[], rules: readonly string[]): Tally {
  const states = results.flatMap(({ faults }) => faults.map(({ state }) => state));
  const fired = results.flatMap(({ record, faults }) =>
    record.plan.faults.filter(({ id }) => faults.some((fault) => fault.id === id && fault.state === "fired")),
  );
  const count = (state: string): number => states.filter((one) => one === state).length;
  return {
    runs: results.length,
    allFired: results.filter(({ faults }) => faults.every(({ state }) => state === "fired")).length,
    discarded: results.filter((result) => !hasFired(result)).length,
    decided: results.filter((result) => hasFired(result) && isDecided(result, rules)).length,
    violated: countBy(results.filter(hasFired).flatMap(violatedRulesOf)),
    faults: { fired: count("fired"), missed: count("missed"), failed: count("failed") },
    byMould: countBy(fired.map(({ fault }) => mouldNameOf(fault))),
    byPoint: countBy(fired.map(({ when }) => (when.at.kind === "point" ? when.at.point : when.at.kind))),
  };
}

/** Whether any fault of a run fired. */
export function hasFired({ faults }: RunResult): boolean {
  return faults.some(({ state }) => state === "fired");
}

/** The tallies of several batches of runs as one. */
export function addTallies(tallies: readonly Tally[]): Tally {
  const sum = (read: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + read(tally), 0);
  const merge = (read: (tally: Tally) => Readonly<Record<string, number>>): Record<string, number> =>
    countBy(
      tallies.flatMap((tally) =>
        Object.entries(read(tally)).flatMap(([name, times]) => Array<string>(times).fill(name)),
      ),
    );
  return {
    runs: sum(({ runs }) => runs),
    allFired: sum(({ allFired }) => allFired),
    discarded: sum(({ discarded }) => discarded),
    decided: sum(({ decided }) => decided),
    violated: merge(({ violated }) => violated),
    faults: {
      fired: sum(({ faults }) => faults.fired),
      missed: sum(({ faults }) => faults.missed),
      failed: sum(({ faults }) => faults.failed),
    },
    byMould: merge(({ byMould }) => byMould),
    byPoint: merge(({ byPoint }) => byPoint),
  };
}

function isDecided({ verdicts }: RunResult, rules: readonly string[]): boolean {
  return verdicts.some(({ rule, outcome }) => rules.includes(rule) && (outcome === "holds" || outcome === "violated"));
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
