import { createSystemClock } from "../../determinism/clock.ts";
import { sleep } from "../../determinism/waiting.ts";
import { openEngine } from "./engine.ts";
import { sweepLeftovers } from "./sweep.ts";

// The process that removes what another one could not remove any more: its owner counts as gone once it has ended.

/** How often, and how many times, it looks: the owner is at its end when it starts this. */
const PAUSE_MS = 500;
const ROUNDS = 6;

const clock = createSystemClock();
const engine = await openEngine(clock);
for (let round = 0; round < ROUNDS; round += 1) {
  await sleep(clock, PAUSE_MS);
  await sweepLeftovers(engine);
}
