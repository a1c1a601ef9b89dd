import { planArbitrary } from "cutwire/properties";
import fc from "fast-check";
import { expect, it } from "vitest";

import { addressedPlans } from "./addressed-plans.test-support.ts";
import { simulateElsewhere } from "./simulating-process.test-support.ts";

const IS_FULL = process.env["HARNESS_FULL"] !== undefined;
/** 10 000 in full, over all clients; in passing as many as take seconds. */
const RUNS = Number(process.env["HARNESS_RUNS"] ?? (IS_FULL ? 10_000 : 240));
const SEED = Number(process.env["HARNESS_SEED"] ?? 7_331);

// The clients that draw most differently from what surrounds them: own random stream, ambient one, and bugs.
const CLIENTS = ["reference", "openai-responses-ws-reconnect", "openai-agents", "planted:M11", "planted:M25"];

it.each(CLIENTS)("plans in two processes in opposite order have the same digests with %s", async (client) => {
  const runs = Math.ceil(RUNS / CLIENTS.length);
  const plans = fc.sample(fc.oneof(planArbitrary({ turnsMax: 3, faultsMax: 3 }), addressedPlans()), {
    numRuns: runs,
    seed: SEED,
  });
  const [forwards, backwards] = await Promise.all([
    simulateElsewhere({ client, plans }),
    simulateElsewhere({ client, plans: plans.toReversed() }),
  ]);
  expect(forwards).toHaveLength(runs);
  const different = plans.filter((_, index) => forwards[index] !== backwards[runs - 1 - index]);
  expect(different).toEqual([]);
  // Digests that say nothing would be the same for all.
  expect(new Set(forwards).size).toBeGreaterThan(runs * 0.9);
});
