/** The middle of what several rounds measured, and between which two values the middle half of them lies. */
export type Spread = { readonly median: number; readonly lowerQuartile: number; readonly upperQuartile: number };

/** The spread of one figure over all rounds. @throws Error where nothing was measured */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => {
    const value = sorted[Math.round(share * (sorted.length - 1))];
    if (value === undefined) throw new Error("nothing was measured");
    return value;
  };
  return { median: at(0.5), lowerQuartile: at(0.25), upperQuartile: at(0.75) };
}

/**
 * The spread of what one party measured against another, compared within each round.
 *
 * A machine that is slow for a while is slow for both, so the ratio of a round says more than that of two medians.
 */
export function comparedByRound<Result>(
  results: readonly Result[],
  base: readonly Result[],
  compare: (one: Result, other: Result) => number,
): Spread {
  return spreadOf(
    results.flatMap((result, round) => {
      const other = base[round];
      return other === undefined ? [] : [compare(result, other)];
    }),
  );
}

/**
 * Measures every party once per round, A B C then B C A and so on, and answers the results of each party by round.
 *
 * The order moves on by one from round to round, so that none always comes right after the same other one.
 */
export async function measureInRounds<Subject, Result>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<Result>,
): Promise<ReadonlyMap<Subject, readonly Result[]>> {
  const results = new Map<Subject, Result[]>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      results.get(subject)?.push(await measure(subject));
    }
  }
  return results;
}
