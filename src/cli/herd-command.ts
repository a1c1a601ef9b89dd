import { join, resolve } from "node:path";

import type { Verdict } from "../check/verdict.ts";
import { stableJson } from "../determinism/stable-json.ts";
import { herdPlan, type ReconnectHistogram, reconnectHistogram } from "../explore/herd.ts";
import type { Paint } from "../report/reporter.ts";
import { printClientReference } from "../reproduce/client-module.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";
import { writeTextFile } from "../suite/files.ts";
import { openRunFolder } from "../suite/run-folder.ts";
import { runInFolder } from "../suite/scenario-run.ts";
import { type OptionTable, readArguments } from "./arguments.ts";
import { type Command, type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { CONTRACT_HELP } from "./contract-option.ts";
import { openProject, outOf, PROJECT_OPTIONS, settingsOf } from "./project.ts";
import { SEARCH_BACKEND } from "./search-options.ts";
import { number, plural } from "./search-words.ts";
import { wrapWords } from "./wrap-words.ts";

const OPTIONS: OptionTable = {
  ...PROJECT_OPTIONS,
  clients: { type: "string" },
  rejected: { type: "string" },
  seed: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire herd

Resets the idle connections of many clients at one instant, turns their next dials away, and shows when they come back: a
fleet whose delays have no random part comes back all at once, again and again (INV-32, B3).

  --clients N                how many clients (default: 20, from which on it is a fleet)
  --rejected N               how many dials of each are turned away after the cut (default: 5)
  --client NAME | ./module   the client under test (default: reference)
${CONTRACT_HELP}
  --backend NAME             how the wire is faulted (default: simulation, in virtual time; embedded: real sockets)
  --target NAME              the server at the far end (default: reference)
  --seed N                   another seed (default: 1)
  --config FILE              another configuration than cutwire.config.ts, .js or .json
  --out DIR                  where the run is stored (default: .cutwire)
  --json                     the result as JSON
  --quiet                    no progress

Examples
  npx cutwire herd                                 the reference client draws its delays
  npx cutwire herd --client planted:M05            a client that does not
  npx cutwire herd --client ./my-client.js --clients 500

Exit codes: 0 the fleet spreads and nothing is violated, 1 something is, 2 undecided or not exercised, 3 wrong use, 4 cutwire
itself failed, 130 interrupted.
`;

/** The rule that a herd is there for. */
const RULE = "INV-32";

/** `cutwire herd`: a fleet that is cut at one instant. */
export const herdCommand: Command = {
  name: "herd",
  summary: "cut many clients at one instant, and show how they come back",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "herd");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const project = await openProject(given, context);
    const { harness } = project;
    const settings = settingsOf(given, project, { ...context, backend: SEARCH_BACKEND });
    const plan = herdPlan({
      clients: given.count("clients", { least: 1, most: 10_000, fallback: 20 }),
      rejectedDials: given.count("rejected", { least: 0, most: 1_000, fallback: 5 }),
      seed: given.count("seed", { least: 0, most: 4_294_967_295, fallback: 1 }),
    });
    const clients = plan.workload.sessions.length;
    if (!given.flag("quiet")) context.note(`${plural(clients, "client")} on ${settings.backend}: cut at one instant`);
    const startedAt = harness.clock.wallTime();
    const folder = openRunFolder(outOf(given, project), { directory: context.directory, startedAt });
    const result = await runInFolder(plan, "herd", { settings: { ...settings, folder }, harness });
    const histogram = reconnectHistogram(result.record.history);
    const exitCode = result.record.interrupted ? EXIT_INTERRUPTED : exitCodeOf(result.verdicts);
    const json = `${stableJson({ histogram, verdicts: result.verdicts, faults: result.faults, exitCode }, 2)}\n`;
    const directory = join(folder.path, "herd");
    writeTextFile(join(resolve(context.directory, directory), "herd.json"), json);
    const client = printClientReference(settings.client);
    const words = { clients, client, backend: settings.backend, directory };
    context.print(given.flag("json") ? json : printHerd(result, histogram, { ...words, context }));
    return exitCode;
  },
};

function exitCodeOf(verdicts: readonly Verdict[]): number {
  if (verdicts.some(({ outcome }) => outcome === "violated")) return 1;
  return verdicts.some(({ rule, outcome }) => rule === RULE && outcome === "holds") ? 0 : 2;
}

function printHerd(
  { verdicts, faults }: RunResult,
  histogram: ReconnectHistogram,
  words: {
    readonly clients: number;
    readonly client: string;
    readonly backend: string;
    readonly directory: string;
    readonly context: CommandContext;
  },
): string {
  const { paint } = words.context;
  const own = verdicts.find(({ rule }) => rule === RULE);
  const others = verdicts.filter(({ rule, outcome }) => rule !== RULE && outcome === "violated");
  const unfired = faults.filter(({ state }) => state !== "fired");
  const lines = [
    paint.strong(`${plural(words.clients, "client")} (${words.client}) cut at one instant, on ${words.backend}`),
    ...printHistogram(histogram),
    histogram.peak === 0
      ? "nobody dialled again"
      : `peak ${plural(histogram.peak, "dial")} in ${number(histogram.bucketMs)} ms, mean ${histogram.mean.toFixed(1)}`,
    ...unfired.map(({ id, state, why }) => paint.doubtful(`fault ${id} ${state}: ${why ?? "no reason given"}`)),
    ...[...(own === undefined ? [] : [own]), ...others].flatMap((verdict) => printVerdict(verdict, paint)),
    paint.faint(`stored in ${words.directory}; judged again by: npx cutwire check ${quoteShellWord(words.directory)}`),
  ];
  return `${lines.join("\n")}\n`;
}

const BAR_WIDTH = 60;

function printHistogram({ buckets, bucketMs, peak }: ReconnectHistogram): readonly string[] {
  const last = number(buckets.length * bucketMs).length;
  return buckets.map((dials, bucket) => {
    const bar = "█".repeat(Math.ceil((dials * BAR_WIDTH) / Math.max(peak, 1)));
    return `  ${number(bucket * bucketMs).padStart(last)} ms ${bar}${dials === 0 ? "" : ` ${dials}`}`.trimEnd();
  });
}

function printVerdict({ rule, checker, outcome, message, advice }: Verdict, paint: Paint): readonly string[] {
  const head = `${rule} ${checker}: ${outcome}`;
  const painted =
    outcome === "violated" ? paint.bad(head) : outcome === "holds" ? paint.good(head) : paint.doubtful(head);
  const told = outcome === "violated" ? [message, `advice: ${advice}`] : [message];
  return [painted, ...told.map((text) => `  ${wrapWords(text, { width: 118, indent: 2 })}`)];
}
