import { join } from "node:path";

import { rulesWithoutScript } from "../check/check-history.ts";
import { missingHabits } from "../check/client-habits.ts";
import { stableJson } from "../determinism/stable-json.ts";
import { openFileHistorySink } from "../history/history-sink.ts";
import type { Contract } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { ClientReference, Scenario } from "../plan/scenario.ts";
import { judgeVerdicts, outcomeOfScenario, whyNotExercised } from "../report/judge.ts";
import type { JudgedVerdict, KnownFinding, ScenarioReport } from "../report/run-report.ts";
import { tellViolations } from "../report/violations.ts";
import { clientModuleOf } from "../reproduce/client-module.ts";
import { type Confirmation, confirmViolations } from "../reproduce/confirm.ts";
import type { Harness } from "../reproduce/harness.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import { runUntilDecided } from "../reproduce/decided-run.ts";
import type { Reproduction } from "../reproduce/reproduction.ts";
import { writeTextFile } from "./files.ts";
import type { RunFolder } from "./run-folder.ts";
import { whyUnsupported } from "./runnable-scenarios.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";
import { versionsInUse } from "./versions.ts";

/** With what a plan is run. */
export type RunSettings = {
  readonly client: ClientReference;
  readonly backend: string;
  readonly target: string;
  readonly contract?: Partial<Contract>;
  readonly folder: RunFolder;
  readonly signal: AbortSignal;
  /** Violations that are known and fail nothing. */
  readonly known?: readonly KnownFinding[];
  /** Told of every run, when it starts and when it ended. */
  readonly onRun?: (line: string) => void;
};

/** Runs a plan once, into a folder of its own: plan, history and the client's state. */
export async function runInFolder(
  plan: Plan,
  name: string,
  { settings, harness }: { readonly settings: RunSettings; readonly harness: Harness },
): Promise<RunResult> {
  const { folder, client, contract } = settings;
  const directory = folder.folder(name);
  writeTextFile(join(directory, "plan.json"), `${stableJson(plan, 2)}\n`);
  folder.log.info({ run: name }, "run started");
  settings.onRun?.(`${name}: run started`);
  const result = await runAndJudge(
    {
      plan,
      module: clientModuleOf(client, harness),
      backend: settings.backend,
      target: settings.target,
      ...(contract === undefined ? {} : { contract }),
      sink: openFileHistorySink(join(directory, "history.jsonl")),
      stateDirectory: join(directory, "state"),
      signal: settings.signal,
    },
    harness,
  );
  const { verdicts, faults, record, digest } = result;
  const stored = { verdicts, faults, contract: record.contract, ...(digest === undefined ? {} : { digest }) };
  writeTextFile(join(directory, "result.json"), `${stableJson(stored, 2)}\n`);
  folder.log.info(
    { run: name, outcomes: verdicts.map(({ rule, outcome }) => `${rule} ${outcome}`), faults },
    "run ended",
  );
  settings.onRun?.(`${name}: run ended\n${linesOf(result).join("\n")}`);
  return result;
}

function linesOf({ verdicts, faults }: RunResult): readonly string[] {
  return [
    ...faults.map(({ id, state, why }) => `  fault ${id} ${state}${why === undefined ? "" : `: ${why}`}`),
    ...verdicts.map(({ rule, checker, outcome, message }) => `  ${rule} ${checker}: ${outcome}: ${message}`),
  ];
}

/** A scenario that was run. */
export type ScenarioRun = { readonly report: ScenarioReport; readonly interrupted: boolean };

/**
 * Runs a scenario where it can be run, repeats it where a busy machine left it undecided or something unexpected was
 * violated, and stores a reproduction of that.
 */
export async function runScenario(
  scenario: Scenario,
  confirmTimes: number,
  parts: { readonly settings: RunSettings; readonly harness: Harness },
): Promise<ScenarioRun> {
  const { settings, harness } = parts;
  const { plan, name } = scenario;
  const unsupported = whyUnsupported(scenario, { ...settings, harness });
  if (unsupported !== undefined) return unexercised(scenario, unsupported, settings);
  const startMs = harness.clock.nowMs();
  const nameOf = (attempt: number): string => (attempt === 0 ? name : join(name, `again-${attempt}`));
  const { result: first, attempt: decidedIn } = await runUntilDecided(
    confirmTimes,
    async (attempt) => await runInFolder(plan, nameOf(attempt), parts),
  );
  const { history } = first.record;
  const beyond = rulesWithoutScript(history, harness.checkers);
  const expectations = appliesTo(scenario, settings.client) ? (scenario.expect ?? []) : [];
  const judgeable = expectations.filter(({ rule }) => !beyond.has(rule));
  const judged = tellViolations(judgeVerdicts(first.verdicts, judgeable), {
    scenario: name,
    history,
    known: settings.known ?? [],
  });
  const unexpected = judged.filter(({ judgement }) => judgement === "unexpected-violation");
  const confirmations = await confirmViolations(
    first,
    unexpected.length > 0 ? confirmTimes : 0,
    async (attempt) => await runInFolder(plan, join(name, `confirm-${attempt}`), parts),
  );
  const directory = join(settings.folder.path, nameOf(decidedIn));
  const reproduction =
    unexpected.length === 0 ? undefined : storeReproduction(first, unexpected, { directory, used: settings });
  const told = { outcome: outcomeOfScenario(judged, first.faults), verdicts: judged, faults: first.faults };
  const notExercised = whyNotExercised(told, missingHabits(scenario.requires ?? [], first.record));
  const report: ScenarioReport = {
    ...told,
    name,
    why: scenario.why,
    ...(notExercised === undefined ? {} : { outcome: "not-exercised", notExercised }),
    verdicts: judged.map((verdict) => withCount(verdict, confirmations)),
    runs: Math.max(1, ...confirmations.map(({ runs }) => runs)),
    durationMs: Math.round(harness.clock.nowMs() - startMs),
    directory,
    ...(reproduction === undefined ? {} : { replayCommand: `npx cutwire replay ${quoteShellWord(reproduction)}` }),
  };
  return { report, interrupted: first.record.interrupted };
}

/** Writes down what is needed to have a violation again; answers the file. */
function storeReproduction(
  { record, verdicts, digest }: RunResult,
  violated: readonly JudgedVerdict[],
  { directory, used }: { readonly directory: string; readonly used: RunSettings },
): string {
  const path = join(directory, "reproduction.json");
  const reproduction: Reproduction = {
    formatVersion: 1,
    plan: record.plan,
    client: used.client,
    contract: record.contract,
    backend: record.backendName,
    target: used.target,
    verdicts: verdicts.filter(({ rule }) => violated.some((verdict) => verdict.rule === rule)),
    ...(digest === undefined ? {} : { digest }),
    versions: versionsInUse(),
  };
  writeTextFile(path, `${stableJson(reproduction, 2)}\n`);
  return path;
}

/** What cannot be run with this backend or target leaves nothing behind but its reason. */
function unexercised({ name, why }: Scenario, notExercised: string, { folder }: RunSettings): ScenarioRun {
  const directory = join(folder.path, name);
  const nothing = { verdicts: [], faults: [], runs: 0, durationMs: 0, directory };
  return { report: { name, why, outcome: "not-exercised", notExercised, ...nothing }, interrupted: false };
}

function appliesTo({ client }: Scenario, used: ClientReference): boolean {
  if (client === undefined) return true;
  if ("module" in client) return "module" in used && used.module === client.module;
  return "name" in used && used.name === client.name;
}

function withCount(verdict: JudgedVerdict, confirmations: readonly Confirmation[]): JudgedVerdict {
  const confirmation = confirmations.find(({ rule }) => rule === verdict.rule);
  if (confirmation === undefined) return verdict;
  const { violatedRuns, runs } = confirmation;
  return { ...verdict, repeated: { violatedRuns, runs } };
}
