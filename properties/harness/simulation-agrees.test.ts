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

it("an outline is so fine that it tells a cut from one that comes a message later", async () => {
  const plans = fc
    .sample(addressedPlans(), { numRuns: 120, seed: SEED })
    .filter(({ faults: [fault, ...others] }) => others.length === 0 && fault?.when.at.kind === "bytes");
  let compared = 0;
  let told = 0;
  for (const plan of plans) {
    const [earlier, later] = [await outlineOn("simulation", plan), await outlineOn("simulation", shifted(plan))];
    if ([...earlier.faults, ...later.faults].some(({ state }) => state !== "fired")) continue;
    compared += 1;
    if (JSON.stringify(earlier.outline) !== JSON.stringify(later.outline)) told += 1;
  }
  expect(compared).toBeGreaterThan(5);
  expect(told / compared).toBeGreaterThan(0.8);
});

/** No message of such a session is longer. */
const MESSAGE_SIZE_BYTES_MAX = 1_500;

function shifted(plan: Plan): Plan {
  const faults = plan.faults.map((fault) => {
    const { at } = fault.when;
    return at.kind === "bytes"
      ? { ...fault, when: { ...fault.when, at: { ...at, sizeBytes: at.sizeBytes + MESSAGE_SIZE_BYTES_MAX } } }
      : fault;
  });
  return { ...plan, faults };
}
