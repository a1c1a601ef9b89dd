import { HarnessError } from "../errors.ts";
import { parseClientReference, printClientReference } from "../reproduce/client-module.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import { compareReplay, repeatRun, type ReplayOutcome, settingsOfReplay } from "../reproduce/replay.ts";
import { parseReproduction, type Reproduction } from "../reproduce/reproduction.ts";
import { readTextFile } from "../suite/files.ts";
import { openRunFolder } from "../suite/run-folder.ts";
import { runInFolder } from "../suite/scenario-run.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import { type Command, type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { CONTRACT_HELP, CONTRACT_PRESETS_HELP, readContract } from "./contract-option.ts";
import { describeFailure } from "./failure-words.ts";
import { confirmTimesOf, openProject, outOf, type Project } from "./project.ts";
import { EXIT_BISECT_SKIP, readExpectation, replayExitCode } from "./replay-exit-code.ts";

const OPTIONS: OptionTable = {
  client: { type: "string" },
  backend: { type: "string" },
  target: { type: "string" },
  contract: { type: "string" },
  confirm: { type: "string" },
  bisect: { type: "boolean", default: false },
  expect: { type: "string" },
  config: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire replay FILE

Runs the plan of a reproduction file again and says whether the failure is still there.

  --client NAME | ./module   another client than the one in the file: did the fix help?
  --backend NAME             another backend than the one in the file
  --target NAME | ws://… | image=…    another server than the one in the file
${CONTRACT_HELP}, or the file
  --confirm N                how many runs come after the first (default: 3)
  --expect reproduced        the failure is expected to be there: exit 0 where it is, 1 where it is gone
  --bisect                   for "git bisect run": 125, which leaves a commit out, for whatever is not 0 or 1
  --config FILE              another configuration than cutwire.config.ts, .js or .json
  --out DIR                  where runs are stored (default: .cutwire)

${CONTRACT_PRESETS_HELP}

Examples
  npx cutwire replay failure.json
  npx cutwire replay failure.json --client ./my-client.js     does the failure go away with this client?
  git bisect run npx cutwire replay failure.json --bisect     which commit brought it?
  git bisect run npx cutwire replay failure.json --bisect --expect reproduced     with the good and the bad end exchanged

Exit codes: 1 reproduced, or another failure (it says which), 0 fixed, 2 undecided, 3 could not run,
4 cutwire itself failed, 130 interrupted.
`;

/** `cutwire replay`: a failure out of a file, again. */
export const replayCommand: Command = {
  name: "replay",
  summary: "run a reproduction file again and say whether the failure is still there",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "replay");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    if (!given.flag("bisect")) return await replayFile(given, context);
    try {
      const code = await replayFile(given, context);
      return code === 2 ? EXIT_BISECT_SKIP : code;
    } catch (error) {
      // Git takes any other code below 128 for a bad commit, and a commit that could not be tried is not one.
      context.note(describeFailure(error));
      return EXIT_BISECT_SKIP;
    }
  },
};

async function replayFile(given: GivenArguments, context: CommandContext): Promise<number> {
  const expectation = readExpectation(given.text("expect"));
  const file = given.positionals[0];
  if (file === undefined || given.positionals.length > 1) {
    throw new HarnessError("HARNESS_INVALID_OPTION", "Give one reproduction file: cutwire replay FILE.");
  }
  const reproduction = parseReproduction(readTextFile(file), file);
  const project = await openProject(given, context);
  const times = confirmTimesOf(given, project) + 1;
  const results = await replay(reproduction, times, { given, project, context });
  const outcome = compareReplay(reproduction, results);
  context.print(printOutcome(outcome, results, context));
  return context.signal.aborted ? EXIT_INTERRUPTED : replayExitCode(outcome.outcome, expectation);
}

async function replay(
  reproduction: Reproduction,
  times: number,
  parts: { readonly given: GivenArguments; readonly project: Project; readonly context: CommandContext },
): Promise<readonly RunResult[]> {
  const { given, project, context } = parts;
  const { harness } = project;
  const client = given.text("client");
  const backend = given.text("backend");
  const target = given.text("target");
  const chosen = settingsOfReplay(
    reproduction,
    {
      ...(client === undefined ? {} : { client: parseClientReference(client, context.directory) }),
      ...(backend === undefined ? {} : { backend }),
      ...(target === undefined ? {} : { target }),
    },
    harness,
  );
  const stated = given.text("contract");
  const contract = stated === undefined ? {} : { contract: readContract(stated, context.directory) };
  const startedAt = harness.clock.wallTime();
  const folder = openRunFolder(outOf(given, project), { directory: context.directory, startedAt });
  const settings = { ...chosen, ...contract, folder, signal: context.signal };
  return await repeatRun(times, context.signal, async (run) => {
    const result = await runInFolder(reproduction.plan, `run-${run}`, { settings, harness });
    context.note(`run ${run + 1} of ${times} of ${printClientReference(chosen.client)} on ${chosen.backend}`);
    return result;
  });
}

function printOutcome(outcome: ReplayOutcome, results: readonly RunResult[], { paint }: CommandContext): string {
  const lines = outcome.counts.map(
    ({ rule, violatedRuns }) => `  ${rule}: violated in ${violatedRuns} of ${outcome.runs}`,
  );
  const first = results.flatMap(({ verdicts }) => verdicts).find((verdict) => verdict.outcome === "violated");
  const unfired = results.flatMap(({ faults }) => faults).find(({ state }) => state !== "fired");
  return [
    headline(outcome, paint),
    ...lines,
    ...(first === undefined ? [] : [`  ${first.message}`, `  advice: ${first.advice}`]),
    ...(unfired === undefined ? [] : [`  fault ${unfired.id} ${unfired.state}: ${unfired.why ?? "no reason given"}`]),
    "",
  ].join("\n");
}

function headline({ outcome, otherRules }: ReplayOutcome, paint: CommandContext["paint"]): string {
  switch (outcome) {
    case "reproduced":
      return paint.bad("reproduced");
    case "different":
      return paint.bad(`a different failure: ${otherRules.join(", ")}`);
    case "fixed":
      return paint.good("fixed: not violated in any run, and every fault fired");
    case "undecided":
      return paint.doubtful("undecided");
  }
}
