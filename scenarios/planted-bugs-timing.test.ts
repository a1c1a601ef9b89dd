import type { Verdict } from "cutwire";
import { describe, expect, it } from "vitest";

import { PLANTED_BUGS_OF_TIMING, type PlantedBug } from "./planted-bugs.test-support.ts";
import { planOf, runOnSockets } from "./run-on-sockets.test-support.ts";

/** A busy machine may leave a rule about time undecided; so often it is tried again, as --confirm does. */
const TRIES_MAX = 4;
const REPETITIONS = process.env["HARNESS_FULL"] === undefined ? 2 : 10;

/** How late the harness may be, in ms, before a busy machine may be why a bug did not show. */
const BUSY_MS = 100;

type Judgement = { readonly verdicts: readonly Verdict[]; readonly isBusy: boolean };

async function judge(client: string, scenario: string): Promise<Judgement> {
  const { verdicts, record } = await runOnSockets(client, planOf(scenario));
  const isBusy = record.history.some((event) => event.kind === "event-loop-delay" && event.maxMs > BUSY_MS);
  return { verdicts, isBusy };
}

/** What the bug's rules say of a client, as soon as they say what is wanted, or say something on a machine at rest. */
async function decided(
  client: string,
  { rules, scenario }: PlantedBug,
  wanted: Verdict["outcome"],
): Promise<readonly Verdict[]> {
  for (let left = TRIES_MAX; ; left -= 1) {
    const judged = await judge(client, scenario);
    const verdicts = judged.verdicts.filter(({ rule }) => rules.includes(rule));
    const areAll = (...outcomes: readonly Verdict["outcome"][]): boolean =>
      verdicts.every(({ outcome }) => outcomes.includes(outcome));
    if (left === 1 || areAll(wanted) || (!judged.isBusy && areAll("violated", "holds"))) return verdicts;
  }
}

describe.concurrent("a planted bug of the backoff, of deadlines or of the connection", () => {
  it.each(PLANTED_BUGS_OF_TIMING)("$client is convicted of $rules by $scenario, again and again", async (bug) => {
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      const verdicts = await decided(bug.client, bug, "violated");
      expect(verdicts.map(({ outcome }) => outcome)).toEqual(bug.rules.map(() => "violated"));
      expect(verdicts.filter(({ evidence }) => evidence.length === 0)).toEqual([]);
    }
  });

  it.each(PLANTED_BUGS_OF_TIMING)(
    "of $client is judged by $rules, which the reference client keeps in $scenario",
    async (bug) => {
      const verdicts = await decided("reference", bug, "holds");
      expect(verdicts.map(({ outcome }) => outcome)).toEqual(bug.rules.map(() => "holds"));
      const { verdicts: all } = await judge("reference", bug.scenario);
      expect(all.filter(({ outcome }) => outcome === "violated")).toEqual([]);
    },
  );
});
