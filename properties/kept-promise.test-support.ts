import { createHarness } from "cutwire";
import { type AgentPromise, checkPromise, type PromiseResult } from "cutwire/properties";
import { expect } from "vitest";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;

/** How many plans a promise is checked with: 30 in passing, 100 in full, or `HARNESS_RUNS`. */
const RUNS = Number(process.env["HARNESS_RUNS"] ?? (IS_FULL ? 100 : 30));

/** Of 100 runs, in how many every fault has to fire, and how often each mould and each point has to be struck. */
const PROPORTIONS = { allFired: 0.9, mould: 0.06, point: 0.02 };
const MOULDS = ["fin", "rst", "stall", "delay", "reject", "close"];
const POINTS = ["P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13"];

/** Expects that the reference client keeps a promise over generated plans, and that these plans were worth something. */
export async function expectKept(promise: AgentPromise, seed: number): Promise<PromiseResult> {
  const result = await checkPromise(promise, {
    harness: createHarness(),
    client: { name: "reference" },
    runs: RUNS,
    seed: Number(process.env["HARNESS_SEED"] ?? seed),
    directory: ".cutwire/properties",
  });
  const { tally, broken } = result;
  console.log(`${promise.name}, seed ${result.seed}: ${JSON.stringify(tally)}`);
  if (broken !== undefined) {
    const { verdict, replayCommand } = broken;
    throw new Error(`${verdict.rule} ${verdict.message}\n  advice: ${verdict.advice}\n  replay: ${replayCommand}`);
  }
  expect(tally.allFired).toBeGreaterThanOrEqual(Math.floor(PROPORTIONS.allFired * RUNS));
  const rare = [
    ...MOULDS.filter((name) => (tally.byMould[name] ?? 0) < Math.floor(PROPORTIONS.mould * RUNS)),
    ...POINTS.filter((name) => (tally.byPoint[name] ?? 0) < Math.floor(PROPORTIONS.point * RUNS)),
  ];
  expect(rare).toEqual([]);
  return result;
}
