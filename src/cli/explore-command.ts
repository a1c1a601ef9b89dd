import { join } from "node:path";

import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import { type Campaign, createCampaign } from "../explore/campaign.ts";
import { exitCodeOfSearch } from "../explore/campaign-summary.ts";
import { describeMissing } from "../explore/merge-campaigns.ts";
import { createRandomSpace, type RandomSpace } from "../explore/search-space.ts";
import { printClientReference } from "../reproduce/client-module.ts";
import { writeTextFile } from "../suite/files.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import { type FinishedCampaign, runCampaignCommand, tellInterrupted, tellStored } from "./campaign-command.ts";
import { type Command, type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { CONTRACT_HELP } from "./contract-option.ts";
import { printDuration, readDuration } from "./duration.ts";
import { openProject, type Project, settingsOf } from "./project.ts";
import {
  ableOf,
  identityOf,
  paceOf,
  SEARCH_BACKEND,
  SEARCH_HELP,
  SEARCH_OPTIONS,
  selectionOf,
  mouldNamesOf,
} from "./search-options.ts";
import { number, plural, printFinding, printTally, printVerdict } from "./search-words.ts";
import { settleFindings, type SettledFinding, trialsOf } from "./settled-findings.ts";

const OPTIONS: OptionTable = {
  ...SEARCH_OPTIONS,
  runs: { type: "string" },
  for: { type: "string" },
  seed: { type: "string" },
  turns: { type: "string" },
};

const HELP = `cutwire explore

Draws plans (a conversation, what goes wrong in it, where and when), runs them on all cores, judges each by every rule, and
tells each way in which the client breaks a promise once, with the smallest plan that shows it, confirmed on real sockets.

  --client NAME | ./module   the client under test (default: reference)
${CONTRACT_HELP}
  --backend NAME             how the wire is faulted (default: simulation, in virtual time; embedded: real sockets)
  --target NAME              the server at the far end (default: reference)
  --runs N                   how many plans, in whole units (default: 5000; on a wall clock 100)
  --for 10m                  as many as can be run in that time, instead: 90s, 10m, 2h
  --seed N                   other plans (default: 1)
  --turns N                  turns of a conversation at the most (default: 2)
${SEARCH_HELP}

Examples
  npx cutwire explore                                     the reference client
  npx cutwire explore --client ./my-client.js --for 10m   your own client, for ten minutes
  npx cutwire explore --client planted:M11                a client with a known bug: what does a finding look like?
  npx cutwire explore --faults close,reject --runs 500    close codes and rejected dials alone

Plan n is decided by the seed and n alone. A campaign is cut into units of plans that lie next to each other; each unit is
stored as it ends. So a campaign that was interrupted, or killed, goes on where it was when the same is asked for again
with its folder, and machines can share one:
  npx cutwire explore --runs 20000 --out night            killed at some time; the same again goes on
  npx cutwire explore --runs 20000 --out part-2 --shard 2/4     on the second of four machines
  npx cutwire merge part-1 part-2 part-3 part-4           the verdict over all of them
  npx cutwire missing part-1 part-2 part-3 part-4         what is left, for --units
What your module imports is not looked at: after a change of it, use another folder.

Exit codes: 0 nothing violated, 1 something violated, 2 undecided (too few faults fired, or a rule was hardly ever
decided), 3 wrong use, 4 cutwire itself failed, 130 interrupted. With --shard or --units: 0 when the units are stored,
whatever was found; the verdict is that of "cutwire merge".
`;

/** `cutwire explore`: thousands of plans, drawn and judged. */
export const exploreCommand: Command = {
  name: "explore",
  summary: "draw plans, run them on all cores, and tell each way in which a promise is broken",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "explore");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    if (given.positionals.length > 0) {
      throw new HarnessError("HARNESS_INVALID_OPTION", `explore takes no "${given.positionals[0]}", only options.`);
    }
    const project = await openProject(given, context);
    const settings = settingsOf(given, project, { ...context, backend: SEARCH_BACKEND });
    const selection = selectionOf(given);
    const trials = trialsOf(given, project);
    const duration = given.text("for");
    const forMs = duration === undefined ? {} : { forMs: readDuration(duration, "for") };
    const campaign = campaignOf(given, project, settings);
    const finished = await runCampaignCommand({ campaign, selection, given, project, context, ...forMs });
    if (finished.run.interrupted) return tellInterrupted(finished, context);
    if (selection.kind !== "all") return tellStored(finished, context);
    const settled = await settleFindings(finished.summary.findings, {
      campaign,
      folder: finished.folder,
      harness: project.harness,
      trials,
      known: settings.known ?? [],
      signal: context.signal,
      note: given.flag("quiet") ? () => undefined : context.note,
    });
    const exitCode = tellResult(finished, settled, { campaign, given, context });
    return context.signal.aborted ? EXIT_INTERRUPTED : exitCode;
  },
};

function campaignOf(given: GivenArguments, { harness }: Project, settings: ReturnType<typeof settingsOf>): Campaign {
  const pace = paceOf(settings.backend, harness);
  const unitSize = given.count("unit-size", { least: 1, most: 100_000, fallback: pace.unitSize });
  const runs = given.count("runs", { least: 1, most: 100_000_000, fallback: pace.runs });
  const isTimed = given.text("for") !== undefined;
  if (isTimed && given.text("runs") !== undefined) {
    throw new HarnessError("HARNESS_INVALID_OPTION", "--runs and --for both say how much is run: give one of them.");
  }
  return createCampaign({
    identity: { ...identityOf(settings, harness), space: spaceOf(given, settings, harness), unitSize },
    client: settings.client,
    units: isTimed ? null : Math.ceil(runs / unitSize),
  });
}

function spaceOf(
  given: GivenArguments,
  settings: ReturnType<typeof settingsOf>,
  harness: Project["harness"],
): RandomSpace {
  const able = ableOf(settings, harness);
  const names = mouldNamesOf(given);
  const options = {
    seed: given.count("seed", { least: 0, most: 4_294_967_295, fallback: 1 }),
    turnsMax: given.count("turns", { least: 1, most: 16, fallback: 2 }),
    mouldsMax: 2,
    runMs: paceOf(settings.backend, harness).runMs,
  };
  const space = createRandomSpace(options, able, names);
  if (space.moulds.length > 0) return space;
  throw new HarnessError(
    "HARNESS_UNSUPPORTED_FAULT",
    `The backend "${settings.backend}" with the target "${settings.target}" can make none of these happen: ${names?.join(", ") ?? "any"}.`,
  );
}

function tellResult(
  finished: FinishedCampaign,
  settled: readonly SettledFinding[],
  parts: { readonly campaign: Campaign; readonly given: GivenArguments; readonly context: CommandContext },
): number {
  const { summary, folder, run, missing, durationMs } = finished;
  const { campaign, given, context } = parts;
  const { paint } = context;
  const fresh = settled.filter(({ known }) => known === undefined).length;
  const lost = describeMissing(missing);
  const notes = [...summary.doubts, ...(lost === undefined ? [] : [lost])];
  const exitCode = exitCodeOfSearch({
    findings: fresh,
    contradictions: 0,
    missing: missing.length,
    doubts: summary.doubts.length,
  });
  const text = stableJson({ campaign, summary, findings: settled, missing, exitCode }, 2);
  writeTextFile(join(folder.path, "summary.json"), `${text}\n`);
  if (given.flag("json")) {
    context.print(`${text}\n`);
    return exitCode;
  }
  const rate = run.unitsRun === 0 ? "all of them stored before" : rateWords(finished);
  const client = printClientReference(campaign.client);
  const lines = [
    paint.strong(
      `${plural(summary.tally.plans, "plan")} of ${client} on ${campaign.identity.backend} in ${printDuration(durationMs)} (${rate})`,
    ),
    ...printTally(summary, paint),
    ...settled.flatMap((one) => printFinding(one, { all: summary.findings, paint })),
    "",
    printVerdict({ findings: fresh, notes }, paint),
    paint.faint(`stored in ${folder.path}`),
  ];
  context.print(`${lines.join("\n")}\n`);
  return exitCode;
}

function rateWords({ run, store, durationMs }: FinishedCampaign): string {
  const plans = run.unitsRun * store.campaign.identity.unitSize;
  return `${number(Math.round((plans * 1_000) / durationMs))} plans/s`;
}
