import type { Clock } from "../determinism/clock.ts";
import { HarnessError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { World } from "../simulation/world.ts";
import type { Client } from "./client.ts";
import { startClientProcess } from "./client-process.ts";
import type { RunningClient } from "./running-client.ts";

/** A run that is to be surrounded. */
export type SurroundedRun = {
  readonly plan: Plan;
  readonly client: string | Client;
  /** The clock of the machine. */
  readonly clock: Clock;
};

/** In what time, on what network and in what process a run happens. */
export type Surroundings = {
  readonly clock: Clock;
  /** The simulated world; absent on the machine itself. */
  readonly world?: World;
  /** Loads and starts the client under test. */
  startClient(): Promise<RunningClient>;
};

/**
 * The machine itself: its clock, its network, and a process of its own for the client.
 *
 * @throws HarnessError `HARNESS_INVALID_CLIENT` for a client that is no module
 */
export async function surroundByMachine<Result>(
  { client, clock }: SurroundedRun,
  run: (surroundings: Surroundings) => Promise<Result>,
): Promise<Result> {
  if (typeof client !== "string") {
    throw new HarnessError(
      "HARNESS_INVALID_CLIENT",
      `The client "${client.name}" was given as an object, which cannot go into a process of its own. Give the module that exports it, or run it in the simulation.`,
      { details: { client: client.name } },
    );
  }
  return await run({ clock, startClient: async () => await startClientProcess({ module: client, clock }) });
}
