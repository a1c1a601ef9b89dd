import { join, resolve } from "node:path";

import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import { createCampaign } from "../explore/campaign.ts";
import { exitCodeOfSearch } from "../explore/campaign-summary.ts";
import type { ConfirmedCells } from "../explore/confirm-cells.ts";
import { describeMissing } from "../explore/merge-campaigns.ts";
import { mapSession } from "../explore/session-map.ts";
import { mapSweep } from "../explore/sweep-map.ts";
import { createSweep, createSweepSpace, type SweepSpace } from "../explore/sweep-space.ts";
import { createMemoryHistorySink } from "../history/history-sink.ts";
import type { Plan } from "../plan/plan.ts";
import { clientModuleOf, printClientReference } from "../reproduce/client-module.ts";
import { runAndJudge, type RunResult } from "../reproduce/judged-run.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";
import { writeTextFile } from "../suite/files.ts";
import { findScenario } from "../suite/scenario-files.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import { type FinishedCampaign, runCampaignCommand, tellInterrupted, tellStored } from "./campaign-command.ts";
import { type Command, type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { CONTRACT_HELP } from "./contract-option.ts";
import { printDuration } from "./duration.ts";
import { openProject, type Project, settingsOf } from "./project.ts";
import {
  ableOf,
  identityOf,
  mouldNamesOf,
  paceOf,
  SEARCH_BACKEND,
  SEARCH_HELP,
  SEARCH_OPTIONS,
  selectionOf,
} from "./search-options.ts";
import { number, plural, printFinding, printVerdict } from "./search-words.ts";
import { settleFindings, type SettledFinding, trialsOf } from "./settled-findings.ts";
import { confirmSweep } from "./sweep-confirmation.ts";
import { ONE_TOOL_SESSION } from "./sweep-session.ts";
import { printSweepMap } from "./sweep-words.ts";

const OPTIONS: OptionTable = {
  ...SEARCH_OPTIONS,
  every: { type: "string" },
  "confirm-cells": { type: "string" },
};

const HELP = `cutwire sweep [SCENARIO | file.json]

Takes one session and cuts it everywhere: at each byte of its connection, in both directions, with FIN, with RST and by
silence; at each protocol point with each fault that fits it; with each close code. It prints a map of the session: which
part of it leads to what. Without a scenario the session is one turn with one tool; of a scenario, its first session is
taken, without its faults.

  --client NAME | ./module   the client under test (default: reference)
${CONTRACT_HELP}
  --backend NAME             how the wire is faulted (default: simulation, in virtual time; embedded: real sockets)
  --target NAME              the server at the far end (default: reference)
  --every N                  cut at every N-th byte alone (default: 1; on a wall clock 100)
  --confirm-cells N          run N cells, chosen at random, again on real sockets; the verdicts must be equal (default: 0)
${SEARCH_HELP}

Examples
  npx cutwire sweep                                      the reference client
  npx cutwire sweep --client openai-responses-ws         where does an SDK lose its session?
  npx cutwire sweep --client ./my-client.js --every 10   a first look at your own
  npx cutwire sweep --faults fin,close                   these alone: FIN at every byte, each close code at each point
  npx cutwire sweep fin-mid-text --client planted:M13    another session
  npx cutwire sweep --confirm-cells 300                  is it so on real sockets?

Exit codes: 0 nothing violated, 1 something violated, or cells that differ on real sockets, 2 undecided, 3 wrong use, 4 cutwire
itself failed, 130 interrupted. With --shard or --units: 0 when the units are stored; the verdict is that of "cutwire merge".
`;

/** `cutwire sweep`: every cut of one session. */
export const sweepCommand: Command = {
  name: "sweep",
  summary: "cut one session at every byte and every point, and print a map of what it leads to",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "sweep");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const project = await openProject(given, context);
    const { harness } = project;
    const settings = settingsOf(given, project, { ...context, backend: SEARCH_BACKEND });
    const selection = selectionOf(given);
    const trials = trialsOf(given, project);
    const confirmedCells = given.count("confirm-cells", { least: 0, most: 100_000, fallback: 0 });
    const pace = paceOf(settings.backend, harness);
    const space = await spaceOf(planOf(given, context), { given, project, settings });
    const unitSize = given.count("unit-size", { least: 1, most: 100_000, fallback: pace.unitSize });
    const identity = { ...identityOf(settings, harness), space, unitSize };
    const campaign = createCampaign({ identity, client: settings.client, units: null });
    const finished = await runCampaignCommand({ campaign, selection, given, project, context });
    if (finished.run.interrupted) return tellInterrupted(finished, context);
    if (selection.kind !== "all") return tellStored(finished, context);
    const note = given.flag("quiet") ? () => undefined : context.note;
    const { folder, summary } = finished;
    const { signal } = context;
    const known = settings.known ?? [];
    const settled = await settleFindings(summary.findings, { campaign, folder, harness, trials, known, signal, note });
    const parts = { campaign, harness, cells: confirmedCells, signal, note, folder };
    const confirmed = await confirmSweep(space, finished.run.results, parts);
    const exitCode = tellSweep(finished, { space, settled, confirmed, given, context });
    return context.signal.aborted ? EXIT_INTERRUPTED : exitCode;
  },
};

/** The first session of a scenario, or the one that comes with the command, without faults. */
function planOf(given: GivenArguments, { directory }: CommandContext): Plan {
  const [name, ...rest] = given.positionals;
  if (rest.length > 0) throw new HarnessError("HARNESS_INVALID_OPTION", "Give one scenario: cutwire sweep SCENARIO.");
  if (name === undefined) return ONE_TOOL_SESSION;
  const { plan } = findScenario(name, directory).scenario;
  return { ...plan, workload: { sessions: plan.workload.sessions.slice(0, 1) }, faults: [] };
}

type SpaceParts = {
  readonly given: GivenArguments;
  readonly project: Project;
  readonly settings: ReturnType<typeof settingsOf>;
};

/** Runs the session undisturbed and maps it. */
async function spaceOf(plan: Plan, { given, project, settings }: SpaceParts): Promise<SweepSpace> {
  const { harness } = project;
  const { backend, target, contract, signal } = settings;
  const result = await runAndJudge(
    {
      plan,
      module: clientModuleOf(settings.client, harness),
      backend,
      target,
      ...(contract === undefined ? {} : { contract }),
      sink: createMemoryHistorySink(),
      stateDirectory: "",
      signal,
    },
    harness,
  );
  refuseBroken(result, settings);
  const { isExact } = paceOf(backend, harness);
  const every = given.count("every", { least: 1, most: 1_000_000, fallback: isExact ? 1 : 100 });
  const options = { every, able: ableOf(settings, harness), names: mouldNamesOf(given) };
  return createSweepSpace(plan, mapSession(result.record.history), options);
}

/** A session that nobody disturbs has to work, or there is nothing to be mapped. */
function refuseBroken({ record, verdicts }: RunResult, { client }: SpaceParts["settings"]): void {
  const ended = record.history.filter((event) => event.kind === "turn-ended" && !event.probe);
  if (ended.length > 0 && ended.every((event) => event.kind === "turn-ended" && event.outcome === "completed")) return;
  const why = verdicts.find(({ outcome }) => outcome === "violated")?.message ?? "no turn completed";
  throw new HarnessError(
    "HARNESS_INVALID_CLIENT",
    `The client ${printClientReference(client)} does not complete the session even when nothing disturbs it: ${why}. See what "cutwire run" says of it first.`,
  );
}

type TellParts = {
  readonly space: SweepSpace;
  readonly settled: readonly SettledFinding[];
  readonly confirmed: ConfirmedCells | undefined;
  readonly given: GivenArguments;
  readonly context: CommandContext;
};

function tellSweep(finished: FinishedCampaign, parts: TellParts): number {
  const { space, settled, confirmed, given, context } = parts;
  const { summary, run, folder, missing, store, durationMs } = finished;
  const { paint } = context;
  const fresh = settled.filter(({ known }) => known === undefined).length;
  const differing = confirmed?.differing ?? [];
  const exitCode = exitCodeOfSearch({
    findings: fresh,
    contradictions: differing.length,
    missing: missing.length,
    doubts: summary.doubts.length,
  });
  const map = mapSweep(space, run.results);
  storeCells(finished, space);
  const { campaign } = store;
  const json = stableJson({ campaign, summary, map, findings: settled, confirmed, missing, exitCode }, 2);
  writeTextFile(join(resolve(context.directory, folder.path), "summary.json"), `${json}\n`);
  if (given.flag("json")) {
    context.print(`${json}\n`);
    return exitCode;
  }
  const client = printClientReference(campaign.client);
  const lost = describeMissing(missing);
  const plans = run.unitsRun === 0 ? "all of them stored before" : `in ${printDuration(durationMs)}`;
  const lines = [
    paint.strong(
      `${plural(summary.tally.plans, "cell")} of a session of ${client} on ${campaign.identity.backend} (${plans})`,
    ),
    ...printSweepMap(space, run.results, paint),
    ...settled.flatMap((one) => printFinding(one, { all: summary.findings, unit: "cell", paint })),
    "",
    ...confirmedLines(confirmed, paint.bad),
    printVerdict({ findings: fresh, notes: [...summary.doubts, ...(lost === undefined ? [] : [lost])] }, paint),
    paint.faint(
      `stored in ${folder.path}; the plan of a cell that is named above: ${quoteShellWord(join(folder.path, "cells"))}`,
    ),
  ];
  context.print(`${lines.join("\n")}\n`);
  return exitCode;
}

const CELLS_MAX = 200;

/** The plan of the smallest witness of each part of the map. */
function storeCells({ folder, run }: FinishedCampaign, space: SweepSpace): void {
  const sweep = createSweep(space);
  const cells = mapSweep(space, run.results).flatMap(({ smallest }) => smallest?.cell ?? []);
  const directory = folder.folder("cells");
  for (const cell of cells.slice(0, CELLS_MAX)) {
    writeTextFile(join(directory, `cell-${cell}.json`), `${stableJson(sweep.planOf(cell), 2)}\n`);
  }
}

function confirmedLines(confirmed: ConfirmedCells | undefined, paint: (text: string) => string): readonly string[] {
  if (confirmed === undefined) return [];
  const { agreed, missed, differing, unmakeable } = confirmed;
  const others = unmakeable === 0 ? "" : `; ${number(unmakeable)} cannot be made there, and none of them was chosen`;
  return [
    `on embedded: ${number(agreed)} cells agree, ${number(differing.length)} differ, in ${number(missed)} nothing was struck${others}`,
    ...differing.map(({ cell, swept, confirmed: again }) => paint(`  cell ${cell}: ${swept} here, ${again} there`)),
  ];
}
