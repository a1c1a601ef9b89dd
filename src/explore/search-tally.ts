import { z } from "zod";

import type { SearchRun } from "./search-run.ts";

/** What a rule came to over the runs that it had something to judge in. */
export type RuleTally = { readonly holds: number; readonly violated: number; readonly unknown: number };

/** What runs came to. A search that struck nothing has shown nothing, so that is counted first of all. */
export type SearchTally = {
  readonly plans: number;
  /** Plans of which no fault fired; they are not judged. */
  readonly discarded: number;
  readonly faults: { readonly fired: number; readonly missed: number; readonly failed: number };
  /** Fired faults by point, kind and direction: `{ "P6 cut": 31 }`. */
  readonly struck: Readonly<Record<string, number>>;
  readonly rules: Readonly<Record<string, RuleTally>>;
};

const CountSchema = z.number().int().min(0);

/** The shape of a tally. */
export const SearchTallySchema: z.ZodType<SearchTally> = z.strictObject({
  plans: CountSchema,
  discarded: CountSchema,
  faults: z.strictObject({ fired: CountSchema, missed: CountSchema, failed: CountSchema }),
  struck: z.record(z.string(), CountSchema),
  rules: z.record(z.string(), z.strictObject({ holds: CountSchema, violated: CountSchema, unknown: CountSchema })),
});

/** The tally of nothing. */
export const EMPTY_TALLY: SearchTally = {
  plans: 0,
  discarded: 0,
  faults: { fired: 0, missed: 0, failed: 0 },
  struck: {},
  rules: {},
};

/** Counts over runs. */
export function tallyOf(runs: readonly SearchRun[]): SearchTally {
  return addTallies(runs.map(tallyOfRun));
}

function tallyOfRun({ state, faults, struck, outcomes }: SearchRun): SearchTally {
  const rules: Record<string, RuleTally> = {};
  for (const { rule, outcome } of outcomes) {
    if (outcome !== "not-exercised") rules[rule] = { holds: 0, violated: 0, unknown: 0, [outcome]: 1 };
  }
  const cells = addCounts(struck.map((key) => ({ [key]: 1 })));
  return { plans: 1, discarded: state === "discarded" ? 1 : 0, faults, struck: cells, rules };
}

/** Several tallies as one; their order does not matter. */
export function addTallies(tallies: readonly SearchTally[]): SearchTally {
  const sum = (read: (tally: SearchTally) => number): number =>
    tallies.reduce((total, tally) => total + read(tally), 0);
  const rules = [...new Set(tallies.flatMap((tally) => Object.keys(tally.rules)))].toSorted();
  return {
    plans: sum(({ plans }) => plans),
    discarded: sum(({ discarded }) => discarded),
    faults: {
      fired: sum(({ faults }) => faults.fired),
      missed: sum(({ faults }) => faults.missed),
      failed: sum(({ faults }) => faults.failed),
    },
    struck: addCounts(tallies.map(({ struck }) => struck)),
    rules: Object.fromEntries(
      rules.map((rule) => [
        rule,
        {
          holds: sum((tally) => tally.rules[rule]?.holds ?? 0),
          violated: sum((tally) => tally.rules[rule]?.violated ?? 0),
          unknown: sum((tally) => tally.rules[rule]?.unknown ?? 0),
        },
      ]),
    ),
  };
}

function addCounts(counts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const added = new Map<string, number>();
  for (const [name, count] of counts.flatMap(Object.entries<number>)) added.set(name, (added.get(name) ?? 0) + count);
  return Object.fromEntries([...added].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** The least share of plans that must have had a fault that fired, and of judgements of a rule that must be decided. */
export const LEAST_SHARE = 0.8;

/** Why a search without a violation has still not shown what it was to show; nothing where it has. */
export function doubtsOf(tally: SearchTally): readonly string[] {
  if (tally.plans === 0) return ["nothing was run"];
  const struck = tally.plans - tally.discarded;
  const few =
    struck < LEAST_SHARE * tally.plans
      ? [`in ${struck} of ${tally.plans} plans a fault fired, and ${LEAST_SHARE * 100} % is the least`]
      : [];
  const undecided = Object.entries(tally.rules).flatMap(([rule, { holds, violated, unknown }]) => {
    const exercised = holds + violated + unknown;
    return violated === 0 && holds < LEAST_SHARE * exercised
      ? [`${rule} was undecided in ${unknown} of the ${exercised} plans that exercised it`]
      : [];
  });
  return [...few, ...undecided];
}
