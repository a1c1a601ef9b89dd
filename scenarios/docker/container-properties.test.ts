import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  createHarness,
  createMemoryHistorySink,
  type Plan,
  runAndJudge,
  type ScheduledFault,
  type Scenario,
} from "cutwire";
import {
  addTallies,
  type AgentPromise,
  checkPromise,
  type PromiseResult,
  PROMISES,
  type Tally,
} from "cutwire/properties";
import pLimit from "p-limit";
import { afterAll, describe, expect, it } from "vitest";

import { PLANTED_BUGS, PLANTED_BUGS_OF_TIMING, type PlantedBug } from "../planted-bugs.test-support.ts";
import { WHY_SKIPPED } from "./engine.test-support.ts";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;
const RUNS = 100;
const SEED = Number(process.env["HARNESS_SEED"] ?? 1);
const SIDE_BY_SIDE = 10;
const RUN_MS_MAX = 600_000;

/** What the plans of this backend draw from: every kind of fault that a real Toxiproxy has, and others. */
const OF_TOXIPROXY = [
  "fin",
  "down",
  "stall",
  "delay",
  "slicer",
  "bandwidth",
  "slow-close",
  "limit-data",
  "timeout",
  "reset-peer",
];
const OTHERS = ["close", "reject", "repeat-item"];
const STRUCK_MIN = 5;
const FIRED_SHARE_MIN = 0.9;

/** Every promise at once: each run is judged by all rules, so a hundred runs are a hundred of each. */
const ALL: AgentPromise = {
  name: "every-promise",
  claim: "Whatever happens to the wire, every promise is kept.",
  rules: PROMISES.flatMap(({ rules }) => rules),
};

/** How often a planted bug may take to show: a busy machine may leave a rule about time undecided. */
const TRIES_MAX = 4;

/** The scenario that shows a bug, with a FIN where it has an RST on a live connection, which Toxiproxy does not make. */
function planFor({ scenario }: PlantedBug): Plan {
  const { plan } = JSON.parse(readFileSync(new URL(`../${scenario}.json`, import.meta.url), "utf8")) as Scenario;
  const softened = (scheduled: ScheduledFault): ScheduledFault =>
    scheduled.fault.kind === "cut" && scheduled.fault.mode === "rst"
      ? { ...scheduled, fault: { kind: "cut", mode: "fin" } }
      : scheduled;
  return { ...plan, faults: plan.faults.map(softened) };
}

describe.skipIf(WHY_SKIPPED !== undefined)("behind a real Toxiproxy", () => {
  const harness = createHarness({ containerSessionsMax: SIDE_BY_SIDE });
  const directory = mkdtempSync(join(tmpdir(), "cutwire-container-"));
  afterAll(async () => {
    for (const backend of harness.backends.values()) await backend.close?.();
    rmSync(directory, { recursive: true });
  });

  const check = async (promise: AgentPromise): Promise<PromiseResult> =>
    await checkPromise(promise, {
      harness,
      client: { name: "reference" },
      backend: "container",
      runs: RUNS,
      seed: SEED,
      sideBySide: SIDE_BY_SIDE,
      directory,
    });

  it(
    `every promise is kept over ${RUNS} generated plans, which strike with all that it has`,
    async () => {
      const tallies: Tally[] = [];
      for (const promise of IS_FULL ? PROMISES : [ALL]) {
        const { tally, outcome, broken, strays } = await check(promise);
        console.log(`${promise.name}, seed ${SEED}: ${JSON.stringify(tally)}`);
        const told = [...(broken === undefined ? [] : [broken]), ...strays].map(
          ({ verdict }) => `${verdict.rule} ${verdict.message}`,
        );
        expect([outcome, told]).toEqual(["kept", []]);
        expect(tally.runs).toBe(RUNS);
        tallies.push(tally);
      }
      const { faults, byMould } = addTallies(tallies);
      const rare = [...OF_TOXIPROXY, ...OTHERS].filter((name) => (byMould[name] ?? 0) < STRUCK_MIN);
      expect(rare).toEqual([]);
      expect(faults.fired / (faults.fired + faults.missed + faults.failed)).toBeGreaterThanOrEqual(FIRED_SHARE_MIN);
    },
    RUN_MS_MAX,
  );

  const violatedRules = async (bug: PlantedBug): Promise<readonly string[]> => {
    const { verdicts } = await runAndJudge(
      {
        plan: planFor(bug),
        module: harness.clients.get(bug.client) ?? "",
        backend: "container",
        target: "reference",
        sink: createMemoryHistorySink(),
        stateDirectory: mkdtempSync(join(directory, "state-")),
      },
      harness,
    );
    return verdicts.filter(({ outcome }) => outcome === "violated").map(({ rule }) => rule);
  };

  const bugs = [...PLANTED_BUGS, ...PLANTED_BUGS_OF_TIMING].filter(({ scenario }) => !scenario.includes("/"));
  it(
    `all ${bugs.length} planted bugs are convicted`,
    async () => {
      const limit = pLimit(SIDE_BY_SIDE);
      const acquitted = await Promise.all(
        bugs.map(
          async (bug) =>
            await limit(async () => {
              let missing = bug.rules as readonly string[];
              for (let left = TRIES_MAX; left > 0 && missing.length > 0; left -= 1) {
                const violated = await violatedRules(bug);
                missing = bug.rules.filter((rule) => !violated.includes(rule));
              }
              return missing.map((rule) => `${bug.client} of ${rule} in ${bug.scenario}`);
            }),
        ),
      );
      console.log(`${bugs.length} planted bugs, not convicted of: ${acquitted.flat().join(", ") || "nothing"}`);
      expect(acquitted.flat()).toEqual([]);
    },
    RUN_MS_MAX,
  );
});
