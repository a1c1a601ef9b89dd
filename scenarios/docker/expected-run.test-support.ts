import { join } from "node:path";

import type { Workplace } from "../cutwire-command.test-support.ts";

/** What the report of a suite says of one scenario. */
export type ReportedScenario = {
  readonly name: string;
  readonly outcome: string;
  readonly notExercised?: string;
  readonly directory: string;
  readonly faults: readonly { readonly id: string; readonly state: string }[];
  readonly verdicts: readonly {
    readonly rule: string;
    readonly outcome: string;
    readonly judgement: string;
    readonly message: string;
  }[];
};

/** What `--reporter json` tells of a suite. */
export type Report = {
  readonly backend: string;
  readonly target: string;
  readonly exitCode: number;
  readonly scenarios: readonly ReportedScenario[];
};

/** How late the harness may be, in ms, before a busy machine may be why something did not go as expected. */
const BUSY_MS = 100;
const TRIES_MAX = 4;

/**
 * Runs a suite, and again what stayed undecided, or went wrong while the harness was late: on a wall clock a busy machine
 * may let a client give up what it would have read. On a machine at rest a violation is one at once.
 *
 * @param run Runs scenarios by their names, all of the suite for none.
 * @throws Error that tells what did not go as expected
 */
export async function runAsExpected(
  place: Workplace,
  run: (names: readonly string[]) => Promise<Report>,
  names: readonly string[],
): Promise<Report> {
  const report = await run(names);
  const scenarios = new Map(report.scenarios.map((scenario) => [scenario.name, scenario]));
  for (let left = TRIES_MAX; ; left -= 1) {
    const odd = [...scenarios.values()].filter(({ outcome }) => !["as-expected", "not-exercised"].includes(outcome));
    if (odd.length === 0) return { ...report, scenarios: [...scenarios.values()] };
    const told = odd.flatMap(wordsOf).join("\n");
    const isExcused = odd.every((scenario) => scenario.outcome === "undecided" || wasBusy(place, scenario));
    if (left === 0 || !isExcused) {
      throw new Error(`${report.backend}: not as expected\n${told}`);
    }
    console.log(`${report.backend}: again\n${told}`);
    for (const again of (await run(odd.map(({ name }) => name))).scenarios) scenarios.set(again.name, again);
  }
}

function wordsOf({ name, outcome, faults, verdicts }: ReportedScenario): readonly string[] {
  const told = verdicts.filter(({ judgement }) => judgement !== "as-expected");
  const missed = faults.filter(({ state }) => state !== "fired");
  return [
    `  ${name}: ${outcome}`,
    ...missed.map(({ id, state }) => `    ${id} ${state}`),
    ...told.slice(0, 4).map(({ rule, outcome: said, message }) => `    ${rule} ${said}: ${message}`),
  ];
}

function wasBusy(place: Workplace, { directory }: ReportedScenario): boolean {
  const lines = place.read(join(directory, "history.jsonl")).split("\n").filter(Boolean);
  return lines.some((line) => {
    const { kind, maxMs = 0 } = JSON.parse(line) as { kind: string; maxMs?: number };
    return kind === "event-loop-delay" && maxMs > BUSY_MS;
  });
}
