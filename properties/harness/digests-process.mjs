/**
 * Simulates plans in the order that they are given in, and prints the digest of each: what a process of its own is
 * started for, so that nothing of one process can be what makes two runs the same.
 *
 * Reads `{ "client": "reference", "plans": [...] }` from its standard input. With `"prints": "outcomes"` it prints which
 * rule came to what, and with `"history"` everything that happened, as one line of JSON for each plan.
 */
import "cutwire/simulation/register";

import { text } from "node:stream/consumers";

const { runPlan } = await import("cutwire");
const { client, plans, prints = "digest" } = JSON.parse(await text(process.stdin));

const LINES = {
  digest: ({ digest }) => digest,
  outcomes: ({ verdicts }) => verdicts.map(({ checker, outcome }) => `${checker} ${outcome}`).join(", "),
  history: ({ record }) => JSON.stringify(record.history),
};

for (const plan of plans) {
  const result = await runPlan(plan, { client, backend: "simulation" });
  process.stdout.write(`${LINES[prints](result)}\n`);
}
