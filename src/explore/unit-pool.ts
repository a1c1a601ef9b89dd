import workerpool from "workerpool";

import type { Clock } from "../determinism/clock.ts";
import { HARNESS_ERROR_CODES, HarnessError, type HarnessErrorCode, messageOf } from "../errors.ts";
import type { LostPlan } from "./lost-process.ts";
import { PlanFailure, type UnitTask } from "./run-unit.ts";
import type { UnitResult } from "./unit-result.ts";

declare global {
  /** The types of workerpool name this one of browsers, which Node's do not have. */
  interface WorkerOptions {
    readonly name?: string;
  }
}

/** Processes that run units. */
export type UnitPool = {
  /**
   * Runs a unit. A process that dies, or tells of no new plan for too long, gets one retry; when that ends at the same
   * plan, the plan is a finding, and the unit is run without it.
   *
   * @param onPlan Told of each plan as it begins; of one that is tried again, again.
   * @throws PlanFailure where a run cannot begin, or the harness itself fails
   */
  run(task: Pick<UnitTask, "campaign" | "unit">, onPlan: (number: number) => void): Promise<UnitResult>;
  /** Ends every process, whatever it is doing, and resolves when they are gone. */
  close(): Promise<void>;
};

/** How a pool is opened. */
export type UnitPoolOptions = {
  /** The path of the module that every process runs; it answers {@link RUN_UNIT}. */
  readonly script: string;
  /** Handed to it with every task, as JSON. */
  readonly surroundings: unknown;
  /** How many processes, 1.. */
  readonly jobs: number;
  /** Options of Node for each process, for example `["--import", "…"]`. */
  readonly execArgv?: readonly string[];
  readonly clock: Clock;
  /** How long a process may go on without beginning another plan, in ms. */
  readonly planMsMax: number;
};

/**
 * The name of the task that a process answers: it takes a {@link UnitTask} and the surroundings, tells `{ plan }` of each
 * plan as it begins, and gives a {@link UnitResult}.
 */
export const RUN_UNIT = "runUnit";

/** How long a process may take until it begins its first plan, in ms. */
const START_MS_MAX = 60_000;
/** How long a process may take to leave by itself, in ms; then it is ended. */
const LEAVE_MS = 500;
/** Plans of one unit that may take their process with them; with more of them the unit is given up. */
const LOST_MAX = 20;
const OUTPUT_SIZE_MAX = 2_000;

/** Opens a pool; processes start when they are first needed. */
export function openUnitPool(options: UnitPoolOptions): UnitPool {
  const pool = workerpool.pool(options.script, {
    workerType: "process",
    maxWorkers: options.jobs,
    workerTerminateTimeout: LEAVE_MS,
    // What a client prints is not for the terminal; the last of it says why its process died.
    emitStdStreams: true,
    forkOpts: {
      execArgv: [...(options.execArgv ?? [])],
      serialization: "json",
      // A process group of its own: Ctrl-C is for the parent, which then ends its children.
      detached: process.platform !== "win32",
    },
  });
  return {
    async run({ campaign, unit }, onPlan) {
      const lost: LostPlan[] = [];
      let suspect: LostPlan | undefined;
      for (;;) {
        const attempt = await attemptUnit(pool, { campaign, unit, lost }, { ...options, onPlan });
        if (attempt.kind === "done") return attempt.result;
        if (suspect?.number === attempt.lost.number) lost.push(attempt.lost);
        suspect = suspect?.number === attempt.lost.number ? undefined : attempt.lost;
        if (lost.length > LOST_MAX) throw new Error(`unit ${unit}: ${lost.length} plans ended their process twice`);
      }
    },
    async close() {
      await pool.terminate(true);
    },
  };
}

type Attempt =
  { readonly kind: "done"; readonly result: UnitResult } | { readonly kind: "lost"; readonly lost: LostPlan };
type AttemptOptions = Pick<UnitPoolOptions, "clock" | "planMsMax" | "surroundings"> & {
  readonly onPlan: (number: number) => void;
};

async function attemptUnit(
  pool: ReturnType<typeof workerpool.pool>,
  task: UnitTask,
  { clock, planMsMax, surroundings, onPlan }: AttemptOptions,
): Promise<Attempt> {
  let plan = task.unit * task.campaign.identity.unitSize;
  let output = "";
  let isHung = false;
  let watchedMs = START_MS_MAX;
  const running = pool.exec(RUN_UNIT, [task, surroundings], { on: (told: unknown) => hear(told) });
  let watch = startWatch(START_MS_MAX);
  try {
    // The process runs our own module, and the pool hands its answer on as it came.
    return { kind: "done", result: (await running) as UnitResult };
  } catch (error) {
    if (isHung) return lostAt("hung", `it began no other plan for ${watchedMs} ms`);
    if (error instanceof workerpool.TerminateError) return lostAt("died", `${endingOf(error)}${tailOf(output)}`);
    throw asPlanFailure(error, plan);
  } finally {
    watch.cancel();
  }

  function startWatch(ms: number): { cancel(): void } {
    return clock.startTimer(ms, () => {
      isHung = true;
      watchedMs = ms;
      void running.cancel();
    });
  }
  function hear(told: unknown): void {
    if (typeof told !== "object" || told === null) return;
    if ("plan" in told && typeof told.plan === "number") {
      plan = told.plan;
      watch.cancel();
      watch = startWatch(planMsMax);
      onPlan(plan);
    }
    if ("stderr" in told) output = `${output}${String(told.stderr)}`.slice(-OUTPUT_SIZE_MAX);
  }
  function lostAt(how: LostPlan["how"], why: string): Attempt {
    return { kind: "lost", lost: { number: plan, how, why } };
  }
}

/** The pool tells code and signal in the lines of its message. */
function endingOf(error: Error): string {
  const code = /exitCode: `(\d+)`/.exec(error.message)?.[1];
  const signal = /signalCode: `(SIG\w+)`/.exec(error.message)?.[1];
  if (signal !== undefined) return `signal ${signal}`;
  return code === undefined ? messageOf(error) : `exit code ${code}`;
}

function tailOf(output: string): string {
  return output.trim() === "" ? "" : `; it said: ${output.trim()}`;
}

/** An error comes out of a process as its members; what the user can do something about is told as that again. */
function asPlanFailure(error: unknown, begun: number): unknown {
  if (!(error instanceof Error)) return error;
  const number = "number" in error && typeof error.number === "number" ? error.number : begun;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return new PlanFailure(number, isHarnessCode(code) ? new HarnessError(code, error.message, { cause: error }) : error);
}

function isHarnessCode(code: string): code is HarnessErrorCode {
  return code in HARNESS_ERROR_CODES;
}
