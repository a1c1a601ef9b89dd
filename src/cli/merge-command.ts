import { join, relative, resolve } from "node:path";

import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import { openCampaignStore, readCampaignStore } from "../explore/campaign-store.ts";
import { exitCodeOfSearch, summarize } from "../explore/campaign-summary.ts";
import { describeMissing, mergeCampaigns, type MergedCampaign } from "../explore/merge-campaigns.ts";
import { printUnits } from "../explore/unit-selection.ts";
import { parseKnownFindings } from "../report/known-findings.ts";
import { printClientReference } from "../reproduce/client-module.ts";
import { readTextFile, writeTextFile } from "../suite/files.ts";
import { openNamedFolder } from "../suite/run-folder.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { openProject } from "./project.ts";
import { plural, printFinding, printTally, printVerdict } from "./search-words.ts";
import { printSweepMap } from "./sweep-words.ts";
import { settleFindings, type SettledFinding } from "./settled-findings.ts";

const OPTIONS: OptionTable = {
  config: { type: "string" },
  known: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire merge DIR...

Puts together what machines, or commands that were interrupted, stored of one campaign, and gives the verdict over all of it.
It runs nothing. In any order, and as often as you like, it comes to the same.

  --out DIR     also stores the union there, for a later merge (default: nothing is stored but the findings, in the
                first DIR; a smaller plan that stands there for one of them stays)
  --known FILE  violations that are known: they are told, and fail nothing
  --config FILE another configuration than cutwire.config.ts, .js or .json
  --json        the result as JSON

Examples
  npx cutwire merge part-1 part-2 part-3
  npx cutwire merge part-* --out whole
  npx cutwire replay whole/findings/INV-02-…/reproduction.json --backend embedded    is it so on real sockets?

Exit codes: 0 nothing violated, 1 something violated, or a unit came to different things in two folders though the backend
does the same each time, 2 units are missing (a torn file counts as missing) or it is undecided, 3 wrong use,
4 cutwire itself failed.
`;

/** `cutwire merge`: the union of the parts of a campaign. */
export const mergeCommand: Command = {
  name: "merge",
  summary: "put the parts of a campaign together, and give the verdict over all of it",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "merge");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const merged = mergeCampaigns(storesOf(given, context));
    const { configuration, harness } = await openProject(given, context);
    const path = storeUnion(merged, given, context);
    const known = given.text("known") ?? configuration.known;
    const { findings } = summarize(
      merged.campaign.identity.space,
      merged.units.map(({ result }) => result),
    );
    const settled = await settleFindings(findings, {
      campaign: merged.campaign,
      folder: openNamedFolder(path, context),
      harness,
      known: known === undefined ? [] : parseKnownFindings(readTextFile(resolve(context.directory, known)), known),
      signal: context.signal,
      note: context.note,
    });
    return tellMerged(merged, settled, { given, context, path });
  },
};

/** The stores of the folders that were named. */
export function storesOf(
  given: GivenArguments,
  { directory }: CommandContext,
): readonly ReturnType<typeof readCampaignStore>[] {
  if (given.positionals.length === 0) {
    throw new HarnessError("HARNESS_INVALID_OPTION", "Give one or more folders of a campaign.");
  }
  // A path as it was typed is what messages name.
  return given.positionals.map((path) => readCampaignStore(relative(process.cwd(), resolve(directory, path)) || "."));
}

function storeUnion(merged: MergedCampaign, given: GivenArguments, { directory }: CommandContext): string {
  const out = given.text("out");
  if (out === undefined) return given.positionals[0] ?? ".";
  const store = openCampaignStore(resolve(directory, out), merged.campaign);
  for (const { digest, result } of merged.units) {
    if (store.read(result.unit)?.digest !== digest) store.write(result);
  }
  return out;
}

function tellMerged(
  merged: MergedCampaign,
  settled: readonly SettledFinding[],
  parts: { readonly given: GivenArguments; readonly context: CommandContext; readonly path: string },
): number {
  const { campaign, units, missing, contradictions } = merged;
  const { given, context, path } = parts;
  const { paint } = context;
  const results = units.map(({ result }) => result);
  const { space } = campaign.identity;
  const summary = summarize(space, results);
  const fresh = settled.filter(({ known }) => known === undefined).length;
  // On a wall clock two runs of one plan differ in their times at least.
  const wrong = campaign.identity.isExact ? contradictions.length : 0;
  const exitCode = exitCodeOfSearch({
    findings: fresh,
    contradictions: wrong,
    missing: missing.length,
    doubts: summary.doubts.length,
  });
  const json = stableJson({ campaign, summary, findings: settled, missing, contradictions, exitCode }, 2);
  writeTextFile(join(resolve(context.directory, path), "summary.json"), `${json}\n`);
  if (given.flag("json")) {
    context.print(`${json}\n`);
    return exitCode;
  }
  const lost = describeMissing(missing);
  const notes = [...(lost === undefined ? [] : [lost]), ...summary.doubts];
  const client = printClientReference(campaign.client);
  const unit = space.kind === "sweep" ? "cell" : "plan";
  const lines = [
    paint.strong(
      `${plural(summary.tally.plans, unit)} of ${client} on ${campaign.identity.backend}, ${plural(units.length, "unit")} of ${plural(given.positionals.length, "folder")}`,
    ),
    ...(space.kind === "sweep" ? printSweepMap(space, results, paint) : printTally(summary, paint)),
    ...settled.flatMap((one) => printFinding(one, { all: summary.findings, unit, paint })),
    "",
    ...contradictionLines(contradictions, wrong > 0, paint.bad),
    printVerdict({ findings: fresh, notes }, paint),
    ...(fresh > 0 && lost !== undefined ? [paint.doubtful(lost)] : []),
  ];
  context.print(`${lines.join("\n")}\n`);
  return exitCode;
}

function contradictionLines(
  units: readonly number[],
  isWrong: boolean,
  paint: (text: string) => string,
): readonly string[] {
  if (units.length === 0) return [];
  const which = `units ${printUnits(units)} came to different things in different folders`;
  return isWrong
    ? [paint(`not deterministic: ${which}, and this backend does the same each time`)]
    : [`${which}, as can be on a wall clock; one result of each is counted`];
}
