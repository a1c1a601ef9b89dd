/**
 * Simulates plans in the order that they are given in, and prints the digest of each: what a process of its own is
 * started for, so that nothing of one process can be what makes two runs the same.
 *
 * Reads `{ "client": "reference", "plans": [...] }` from its standard input.
 */
import "cutwire/simulation/register";

import { text } from "node:stream/consumers";

const { runPlan } = await import("cutwire");
const { client, plans } = JSON.parse(await text(process.stdin));
for (const plan of plans) {
  const { digest } = await runPlan(plan, { client, backend: "simulation" });
  process.stdout.write(`${digest}\n`);
}
