import { ProcessExited } from "../determinism/ambient/ambient-process.ts";
import { ambientWorld, inWorld, inWorldContext, openContexts } from "../determinism/ambient/ambient-world.ts";
import { ambientInstallation } from "../determinism/ambient/install-ambient.ts";
import { createDrain, eachTurn, nextTask } from "../determinism/drain.ts";
import { HarnessError } from "../errors.ts";
import { describeEscape, type Escape, openEscapeDetector } from "./escape-detector.ts";
import { openUncaughtTrap } from "./uncaught-trap.ts";
import { World } from "./world.ts";

/** How a world is driven. */
export type WorldOptions = {
  readonly seed: number;
  /**
   * `"synchronous"`: the whole world within one task of the event loop, by functions of Node that are not documented.
   * `"turns"`: each of its tasks on a turn of its own, by documented functions alone, at about half the speed. Absent:
   * the first where this Node can do it.
   */
  readonly driver?: "synchronous" | "turns";
};

/** So many tasks may happen at one instant: a burst of ten thousand frames is far below it. */
const TASKS_AT_ONCE_MAX = 200_000;

/**
 * Runs something in a world of its own and answers what it answered. Worlds run one after the other.
 *
 * @throws HarnessError `HARNESS_SIMULATION_UNPREPARED` where nothing was registered or `ws` came first,
 * `HARNESS_SIMULATION_ESCAPED` where something left virtual time
 */
export async function runInWorld<Result>(
  options: WorldOptions,
  main: (world: World) => Promise<Result>,
): Promise<Result> {
  refuseUnprepared();
  const run = queue.then(async () => await runNow(options, main));
  queue = run.then(
    () => undefined,
    () => undefined,
  );
  return await run;
}

let queue: Promise<void> = Promise.resolve();

async function runNow<Result>(options: WorldOptions, main: (world: World) => Promise<Result>): Promise<Result> {
  const { driver } = options;
  const finished = await nextTask(() => {
    const drain = driver === "turns" ? undefined : createDrain();
    if (drain === undefined && driver === "synchronous") throw new Error("this Node cannot be drained by hand");
    return drain === undefined ? undefined : runAtOnce(options, main, drain);
  });
  return finished === undefined ? await runByTurns(options, main) : finished.result;
}

function runAtOnce<Result>(
  options: WorldOptions,
  main: (world: World) => Promise<Result>,
  drain: () => void,
): { readonly result: Result } {
  const world = new World(options.seed);
  return inWorld(world.ambient, () => {
    const course = startCourse(world, () => true);
    try {
      course.begin(main);
      drain();
      while (course.step()) drain();
      return course.outcome();
    } finally {
      try {
        takeDown(world);
        drain();
      } finally {
        course.close();
      }
    }
  });
}

async function runByTurns<Result>(options: WorldOptions, main: (world: World) => Promise<Result>): Promise<Result> {
  const world = new World(options.seed);
  const closeContexts = openContexts();
  const course = startCourse(world, () => ambientWorld() === world.ambient);
  let hasBegun = false;
  try {
    await eachTurn(() =>
      inWorldContext(world.ambient, () => {
        if (hasBegun) return course.step();
        hasBegun = true;
        course.begin(main);
        return true;
      }),
    );
    return course.outcome<Result>().result;
  } finally {
    try {
      inWorldContext(world.ambient, () => takeDown(world));
      await nextTask(() => undefined);
    } finally {
      course.close();
      closeContexts();
    }
  }
}

function takeDown(world: World): void {
  world.owner = "harness";
  world.close();
}

/** The course of one world, task by task. */
type Course = {
  begin(main: (world: World) => Promise<unknown>): void;
  /** Lets the next thing happen; false where the world is over. */
  step(): boolean;
  outcome<Result>(): { readonly result: Result };
  close(): void;
};

function startCourse(world: World, isInside: () => boolean): Course {
  const detector = openEscapeDetector(isInside);
  const trap = openUncaughtTrap((error) => takeUncaught(error));
  let settled: { readonly value: unknown } | { readonly error: unknown } | undefined;
  let isSpinning = false;

  function takeUncaught(error: unknown): void {
    if (!(error instanceof ProcessExited)) world.uncaught(error);
  }

  function endSpinning(): void {
    const tasks = world.clock.tasksAtOnce();
    if (tasks < TASKS_AT_ONCE_MAX * (isSpinning ? 2 : 1)) return;
    if (isSpinning || !world.spins(tasks)) throw spinning(tasks);
    isSpinning = true;
  }

  return {
    begin(main) {
      main(world).then(
        (value) => (settled = { value }),
        (error: unknown) => (settled = { error }),
      );
    },
    step() {
      refuseEscape(detector.take() ?? world.escape());
      if (settled !== undefined || world.failure() !== undefined) return false;
      const task = world.clock.next();
      if (task === undefined) throw new Error("the run waits for something that never happens in its world");
      endSpinning();
      world.owner = task.owner;
      try {
        task.run();
      } catch (error) {
        takeUncaught(error);
      }
      return true;
    },
    outcome<Result>() {
      refuseEscape(detector.take() ?? world.escape());
      const failure = world.failure();
      if (failure !== undefined) throw failure.error;
      if (settled === undefined) throw new Error("the world is not over");
      if ("error" in settled) throw settled.error;
      return { result: settled.value as Result };
    },
    close() {
      trap.close();
      detector.close();
    },
  };
}

function spinning(tasks: number): HarnessError {
  return new HarnessError(
    "HARNESS_SIMULATION_STUCK",
    `The simulated world went through ${tasks} tasks without any time passing. Something in it starts itself again at once.`,
    { details: { tasks } },
  );
}

function refuseEscape(escape: Escape | undefined): void {
  if (escape === undefined) return;
  const what = describeEscape(escape);
  throw new HarnessError(
    "HARNESS_SIMULATION_ESCAPED",
    `The client cannot be simulated: ${what} leaves virtual time. It was started here:\n${placeOf(escape.stack)}\nUse --backend embedded for this client.`,
    { details: { what: escape.type, stack: escape.stack } },
  );
}

/** Lines of Node itself, of what finds an escape, and of a package that is named as the escape. */
const NOBODYS =
  /node:|escape-detector|determinism[\\/]ambient[\\/]|simulation[\\/]world\.|node_modules[\\/]undici[\\/]/;

/** The lines of a stack that say who did it. */
function placeOf(stack: string): string {
  const lines = stack.split("\n").slice(1);
  const own = lines.filter((line) => !NOBODYS.test(line));
  return (own.length === 0 ? lines : own).slice(0, 4).join("\n");
}

function refuseUnprepared(): void {
  const installation = ambientInstallation();
  const [tooLate] = installation?.cameTooLateFor ?? [];
  if (installation !== undefined && tooLate === undefined) return;
  const why =
    tooLate === undefined
      ? "its wrappers were never registered"
      : `ws was loaded before its wrappers were registered (${tooLate})`;
  throw new HarnessError(
    "HARNESS_SIMULATION_UNPREPARED",
    `The simulation cannot begin: ${why}. Load cutwire/simulation/register first: node --import cutwire/simulation/register, or setupFiles: ["cutwire/simulation/register"] in vitest.config.`,
    { details: { tooLate: tooLate ?? null } },
  );
}
