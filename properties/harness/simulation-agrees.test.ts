import { type Plan, runPlan, type RunResult } from "cutwire";
import fc from "fast-check";
import pLimit from "p-limit";
import { expect, it } from "vitest";

import { addressedPlans } from "./addressed-plans.test-support.ts";
import { outlineOf } from "./outline.test-support.ts";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;
/** 1 000 take minutes on real sockets; in passing a sample is enough. */
const RUNS = Number(process.env["HARNESS_RUNS"] ?? (IS_FULL ? 1_000 : 30));
const SEED = Number(process.env["HARNESS_SEED"] ?? 20_261);
const SIDE_BY_SIDE = 4;
/** A busy machine makes a deadline pass that nothing was wrong with: so often a run may be repeated. */
const ATTEMPTS_MAX = 3;
const CLIENT = new URL("./patient-client.js", import.meta.url);

async function outlineOn(
  backend: string,
  plan: Plan,
): Promise<{ readonly outline: object; readonly faults: RunResult["faults"] }> {
  const { record, faults } = await runPlan(plan, { client: CLIENT, backend });
  return { outline: outlineOf(record.history), faults };
}

type Comparison = { readonly attempts: number; readonly fired: number; readonly difference?: unknown };

async function compare(plan: Plan): Promise<Comparison> {
  const simulated = await outlineOn("simulation", plan);
  const fired = simulated.faults.filter(({ state }) => state === "fired").length;
  for (let attempt = 1; ; attempt += 1) {
    const real = await outlineOn("embedded", plan);
    try {
      expect(simulated.outline).toEqual(real.outline);
      return { attempts: attempt, fired };
    } catch (difference) {
      if (attempt === ATTEMPTS_MAX) return { attempts: attempt, fired, difference };
    }
  }
}

it(`${RUNS} plans that are addressed by messages and bytes go the same way in virtual time and on real sockets`, async () => {
  const plans = fc.sample(addressedPlans(), { numRuns: RUNS, seed: SEED });
  const limit = pLimit(SIDE_BY_SIDE);
  const compared = await Promise.all(
    plans.map(async (plan) => await limit(async () => ({ plan, ...(await compare(plan)) }))),
  );
  const repeated = compared.filter(({ attempts }) => attempts > 1).length;
  const fired = compared.filter((comparison) => comparison.fired > 0).length;
  console.log(`seed ${SEED}: ${RUNS} plans, in ${fired} of them a fault fired, ${repeated} run more than once`);
  for (const { plan, difference } of compared) {
    if (difference !== undefined) throw new Error(`they differ in ${JSON.stringify(plan)}`, { cause: difference });
  }
  // Plans whose faults never strike would agree on anything.
  expect(fired).toBeGreaterThan(RUNS / 2);
});
