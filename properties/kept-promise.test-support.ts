import { createHarness } from "cutwire";
import { type AgentPromise, checkPromise, type PromiseResult } from "cutwire/properties";
import { expect } from "vitest";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;

/** How many plans a promise is checked with: 40 in passing, 100 in full, or `HARNESS_RUNS`. */
const RUNS = Number(process.env["HARNESS_RUNS"] ?? (IS_FULL ? 100 : 40));

/**
 * In which share of the runs every fault has to fire, and how often each mould and each point has to be struck per run.
 * Over five promises of 100 runs that is 450 runs, 30 faults of each mould and 10 at each point.
 */
const SHARES = { allFired: 0.9, mould: 0.06, point: 0.02 };
const MOULDS = ["fin", "rst", "stall", "delay", "reject", "close", "repeat-item"];
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
  const { tally, broken, strays } = result;
  console.log(`${promise.name}, seed ${result.seed}: ${JSON.stringify(tally)}`);
  // Every run is judged by all rules, and the reference client breaks none, of this promise or of another.
  const violations = [...(broken === undefined ? [] : [broken]), ...strays].map(
    ({ verdict, replayCommand }) =>
      `${verdict.rule} ${verdict.message}\n  advice: ${verdict.advice}\n  replay: ${replayCommand}`,
  );
  if (violations.length > 0) throw new Error(violations.join("\n"));
  expect(result.outcome).toBe("kept");
  expect(tally.allFired).toBeGreaterThanOrEqual(Math.ceil(SHARES.allFired * RUNS));
  const rare = [
    ...MOULDS.filter((name) => (tally.byMould[name] ?? 0) < Math.ceil(SHARES.mould * RUNS)),
    ...POINTS.filter((name) => (tally.byPoint[name] ?? 0) < Math.ceil(SHARES.point * RUNS)),
  ];
  expect(rare).toEqual([]);
  return result;
}
