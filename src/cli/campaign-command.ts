import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { stableJson } from "../determinism/stable-json.ts";
import { sleep } from "../determinism/waiting.ts";
import type { Campaign } from "../explore/campaign.ts";
import { type CampaignStore, openCampaignStore } from "../explore/campaign-store.ts";
import { type CampaignSummary, coverageOf, faultSpaceOf, summarize } from "../explore/campaign-summary.ts";
import { missingUnits } from "../explore/merge-campaigns.ts";
import { type CampaignRun, runCampaign, unitCount } from "../explore/run-campaign.ts";
import { addTallies, EMPTY_TALLY } from "../explore/search-tally.ts";
import { openPlanSource } from "../explore/search-space.ts";
import { PlanFailure } from "../explore/run-unit.ts";
import { openUnitPool } from "../explore/unit-pool.ts";
import type { UnitResult } from "../explore/unit-result.ts";
import { isSelected, printUnits, type UnitSelection } from "../explore/unit-selection.ts";
import { clientModuleOf, printClientReference } from "../reproduce/client-module.ts";
import { writeTextFile } from "../suite/files.ts";
import { openNamedFolder, openRunFolder, type RunFolder } from "../suite/run-folder.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";
import type { GivenArguments } from "./arguments.ts";
import { type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { printDuration } from "./duration.ts";
import { outOf, type Project } from "./project.ts";
import { jobsOf, paceOf } from "./search-options.ts";
import { number, plural } from "./search-words.ts";
import { NO_PROGRESS, openProgress } from "./search-progress.ts";
import type { UnitSurroundings } from "./unit-surroundings.ts";

const UNIT_PROCESS: string = fileURLToPath(new URL("./unit-process.js", import.meta.url));

/** What a command that runs a campaign has at hand. */
export type CampaignParts = {
  readonly campaign: Campaign;
  readonly selection: UnitSelection;
  /** Time as the budget, in ms; none where absent. */
  readonly forMs?: number;
  readonly given: GivenArguments;
  readonly project: Project;
  readonly context: CommandContext;
};

/** A campaign as far as it was run here. */
export type FinishedCampaign = {
  readonly folder: RunFolder;
  readonly store: CampaignStore;
  readonly run: CampaignRun;
  readonly summary: CampaignSummary;
  /** Units of the campaign that are not stored here. */
  readonly missing: readonly number[];
  readonly durationMs: number;
};

/** Runs what is asked for of a campaign and is not stored yet, with live progress. */
export async function runCampaignCommand(parts: CampaignParts): Promise<FinishedCampaign> {
  const { campaign, selection, given, project, context } = parts;
  const { harness } = project;
  const startMs = harness.clock.nowMs();
  const folder = folderOf(parts);
  const store = openCampaignStore(resolve(context.directory, folder.path), campaign);
  const stateDirectory = join(store.path, "state");
  const watching = watchTime(parts);
  const pace = paceOf(campaign.identity.backend, harness);
  const jobs = jobsOf(given);
  const surroundings: UnitSurroundings = {
    module: clientModuleOf(campaign.client, harness),
    stateDirectory,
    sideBySide: pace.sideBySide,
  };
  const { clock } = harness;
  const pool = openUnitPool({ script: UNIT_PROCESS, surroundings, jobs, clock, planMsMax: pace.planMsMax });
  const count = openCount(store.campaign, selection, parts);
  const progress = given.flag("quiet") ? NO_PROGRESS : openProgress(() => count.line(), { clock, context });
  try {
    const run = await runCampaign({
      store,
      pool,
      jobs,
      selection,
      timeUp: watching.timeUp,
      signal: context.signal,
      onPlan() {
        count.plan();
        progress.tick();
      },
      onUnit(result, isNew) {
        count.unit(result, isNew);
        progress.tick();
      },
    });
    const summary = summarize(campaign.identity.space, run.results);
    const missing = missingUnits(store.campaign, run.results);
    return { folder, store, run, summary, missing, durationMs: harness.clock.nowMs() - startMs };
  } catch (error) {
    throw error instanceof PlanFailure ? tellPlan(error, parts, folder) : error;
  } finally {
    progress.close();
    watching.close();
    await pool.close();
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

/** What went wrong goes on as it is; the plan is stored, so that it can be had again. */
function tellPlan({ number, cause }: PlanFailure, { campaign, context }: CampaignParts, folder: RunFolder): unknown {
  const path = join(folder.path, `plan-${number}.json`);
  const plan = openPlanSource(campaign.identity.space).planOf(number);
  writeTextFile(resolve(context.directory, path), `${stableJson(plan, 2)}\n`);
  const client = quoteShellWord(printClientReference(campaign.client));
  context.note(
    `plan ${number} could not be run: npx cutwire run ${quoteShellWord(path)} --client ${client} --backend ${campaign.identity.backend}`,
  );
  return cause;
}

/** A folder that was named is gone on with; otherwise each command has a new one. */
function folderOf({ given, project, context }: CampaignParts): RunFolder {
  const { directory } = context;
  const named = given.text("out");
  if (named !== undefined) return openNamedFolder(named, { directory });
  return openRunFolder(outOf(given, project), { directory, startedAt: project.harness.clock.wallTime() });
}

function watchTime({ forMs, project }: CampaignParts): { readonly timeUp: AbortSignal; close(): void } {
  const timeUp = new AbortController();
  const closing = new AbortController();
  if (forMs !== undefined) {
    void sleep(project.harness.clock, forMs, closing.signal).then(() => timeUp.abort("the time is up"));
  }
  return { timeUp: timeUp.signal, close: () => closing.abort() };
}

type LiveCount = {
  plan(): void;
  unit(result: UnitResult, isNew: boolean): void;
  line(): string;
};

/** Counts for the live line. */
function openCount(campaign: Campaign, selection: UnitSelection, { project, forMs }: CampaignParts): LiveCount {
  const { space, unitSize } = campaign.identity;
  const { clock } = project.harness;
  const startMs = clock.nowMs();
  const cells = space.kind === "random" ? faultSpaceOf(space) : undefined;
  const signatures = new Set<string>();
  let tally = EMPTY_TALLY;
  const total = forMs === undefined ? plansAsked(campaign, selection) : undefined;
  let stored = 0;
  let begun = 0;
  return {
    plan: () => void (begun += 1),
    unit(result, isNew) {
      tally = addTallies([tally, result.tally]);
      for (const { signature } of result.findings) signatures.add(signature);
      if (!isNew) stored += unitSize;
    },
    line() {
      const elapsedMs = clock.nowMs() - startMs;
      const done = stored + begun;
      const rate = elapsedMs < 500 ? "…" : number(Math.round((begun * 1_000) / elapsedMs));
      const struck = cells === undefined ? undefined : coverageOf(cells, tally);
      const left = forMs === undefined ? [] : [`${printDuration(Math.max(0, forMs - elapsedMs))} left`];
      return [
        total === undefined ? plural(done, "plan") : `${number(Math.min(done, total))} of ${plural(total, "plan")}`,
        `${rate}/s`,
        ...(struck === undefined ? [] : [`${struck.struck} of ${struck.cells} places struck`]),
        plural(signatures.size, "finding"),
        ...left,
      ].join(" · ");
    },
  };
}

function plansAsked(campaign: Campaign, selection: UnitSelection): number | undefined {
  const units = unitCount(campaign);
  if (units === undefined) return undefined;
  const selected = Array.from({ length: units }, (_, unit) => unit).filter((unit) => isSelected(selection, unit));
  return selected.length * campaign.identity.unitSize;
}

/** What was run until then is stored; the verdict is left to whoever goes on. */
export function tellInterrupted({ run, store, folder }: FinishedCampaign, { note }: CommandContext): number {
  note(
    `interrupted: ${plural(run.results.length, "unit")} stored in ${folder.path} (campaign ${store.campaign.id.slice(0, 8)}). Go on with the same command and --out ${quoteShellWord(folder.path)}.`,
  );
  return EXIT_INTERRUPTED;
}

/** The units are stored; the verdict is left to whoever puts them together. */
export function tellStored({ run, folder }: FinishedCampaign, { print }: CommandContext): number {
  const units = printUnits(run.results.map(({ unit }) => unit));
  print(
    `units ${units === "" ? "none" : units} are stored in ${folder.path}; ${run.unitsRun} of them were run now.\nverdict  npx cutwire merge ${quoteShellWord(folder.path)} …\n`,
  );
  return 0;
}
