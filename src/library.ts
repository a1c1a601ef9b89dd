import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CHECKERS, createHarness } from "./built-ins.ts";
import { checkHistory as checkHistoryBy, type CheckInput } from "./check/check-history.ts";
import type { Checker } from "./check/checker.ts";
import type { Verdict } from "./check/verdict.ts";
import { createMemoryHistorySink, type HistorySink } from "./history/history-sink.ts";
import type { Contract } from "./plan/contract.ts";
import { checkDocument } from "./plan/document.ts";
import { type Plan, PlanSchema } from "./plan/plan.ts";
import { clientModuleOf, clientReferenceOf, type GivenClient, runnableClientOf } from "./reproduce/client-module.ts";
import type { Harness } from "./reproduce/harness.ts";
import { runAndJudge, type RunRequest, type RunResult } from "./reproduce/judged-run.ts";
import { compareReplay, repeatRun, type ReplayOutcome, settingsOfReplay } from "./reproduce/replay.ts";
import { checkReproduction, type Reproduction } from "./reproduce/reproduction.ts";

/** What a plan is run with. */
export type RunPlanOptions = {
  readonly client: GivenClient;
  /** Takes the place of what the client says that it promises. */
  readonly contract?: Partial<Contract>;
  /** `"embedded"` where absent. */
  readonly backend?: string;
  /** The name of a target, or the URL of a server of your own: `"ws://127.0.0.1:8080/v1"`; `"reference"` where absent. */
  readonly target?: string;
  /** Where the history is stored besides the result; nowhere where absent. */
  readonly sink?: HistorySink;
  /** Where clients keep what survives a restart; a temporary folder that is removed at the end where absent. */
  readonly stateDirectory?: string;
  readonly signal?: AbortSignal;
  /** Plug-ins, instead of those that come with cutwire. */
  readonly harness?: Harness;
};

/**
 * Runs a plan against a client and judges what happened. Relative paths start from the working directory.
 *
 * @example const { verdicts } = await runPlan(plan, { client: new URL("./my-client.js", import.meta.url) });
 * @throws HarnessError `HARNESS_INVALID_PLAN`, `HARNESS_INVALID_OPTION` for a client that was given as an object to another backend than the simulation,
 * `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, and those of a run that cannot begin
 */
export async function runPlan(plan: Plan, options: RunPlanOptions): Promise<RunResult> {
  const { harness = createHarness(), backend = "embedded", target = "reference", client } = options;
  const naming = { what: "plan", source: "the plan", code: "HARNESS_INVALID_PLAN" } as const;
  const request = {
    plan: checkDocument(plan, PlanSchema, naming),
    module: runnableClientOf(client, { directory: process.cwd(), backend, harness }),
    backend,
    target,
    ...(options.contract === undefined ? {} : { contract: options.contract }),
  };
  return await runSomewhere(request, { ...options, harness });
}

/** Judges a history by every checker that comes with cutwire, or by those given. */
export function checkHistory(input: CheckInput, checkers: readonly Checker[] = CHECKERS): readonly Verdict[] {
  return checkHistoryBy(input, checkers);
}

/** How a reproduction is replayed; what is absent is as in its file. */
export type ReplayOptions = {
  readonly client?: GivenClient;
  readonly backend?: string;
  readonly target?: string;
  /** How many runs come after the first, 0 or more; 3 where absent. */
  readonly confirm?: number;
  readonly signal?: AbortSignal;
  readonly harness?: Harness;
};

/** What a replay came to, with its runs. */
export type Replay = ReplayOutcome & { readonly results: readonly RunResult[] };

/**
 * Runs the plan of a reproduction again, and says whether the failure is still there.
 *
 * @example const { outcome } = await replay(JSON.parse(readFileSync("reproduction.json", "utf8")), { confirm: 0 });
 * @throws HarnessError `HARNESS_INVALID_PLAN`, and the same as {@link runPlan}
 */
export async function replay(reproduction: Reproduction, options: ReplayOptions = {}): Promise<Replay> {
  const { harness = createHarness(), client, backend, target, signal, confirm = 3 } = options;
  const stored = checkReproduction(reproduction, "the reproduction");
  const where = { directory: process.cwd(), backend: backend ?? stored.backend };
  const chosen = {
    ...(client === undefined ? {} : { client: clientReferenceOf(client, where) }),
    ...(backend === undefined ? {} : { backend }),
    ...(target === undefined ? {} : { target }),
  };
  const { client: reference, ...settings } = settingsOfReplay(stored, chosen, harness);
  const request = { ...settings, plan: stored.plan, module: clientModuleOf(reference, harness) };
  const parts = { harness, ...(signal === undefined ? {} : { signal }) };
  const results = await repeatRun(confirm + 1, signal, async () => await runSomewhere(request, parts));
  return { ...compareReplay(stored, results), results };
}

type Somewhere = Pick<RunPlanOptions, "sink" | "stateDirectory" | "signal"> & { readonly harness: Harness };

/** Keeps the history in memory and the clients' state in a temporary folder, as far as no other place is given. */
async function runSomewhere(
  request: Omit<RunRequest, "sink" | "stateDirectory" | "signal">,
  { sink = createMemoryHistorySink(), stateDirectory, signal, harness }: Somewhere,
): Promise<RunResult> {
  const temporary = stateDirectory === undefined ? mkdtempSync(join(tmpdir(), "cutwire-")) : undefined;
  try {
    const directory = stateDirectory ?? temporary ?? "";
    const parts = { sink, stateDirectory: directory, ...(signal === undefined ? {} : { signal }) };
    return await runAndJudge({ ...request, ...parts }, harness);
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}
