import { rulesWithoutScript } from "../check/check-history.ts";
import { HarnessError } from "../errors.ts";
import type { Scenario } from "../plan/scenario.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { printClientReference } from "../reproduce/client-module.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import { repeatRun } from "../reproduce/replay.ts";
import { acceptOutcomes, type ExpectationChange } from "../suite/accepted-outcomes.ts";
import { readTextFile, writeTextFile } from "../suite/files.ts";
import { openRunFolder } from "../suite/run-folder.ts";
import { findScenario, type FoundScenario } from "../suite/scenario-files.ts";
import { runInFolder, type RunSettings } from "../suite/scenario-run.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import { type Command, type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { confirmTimesOf, openProject, outOf, type Project, PROJECT_OPTIONS, settingsOf } from "./project.ts";

const OPTIONS: OptionTable = { ...PROJECT_OPTIONS, help: { type: "boolean", default: false } };

const HELP = `cutwire accept NAME | file.json

Runs a scenario, writes the outcome that was seen into its "expect", and shows the change. A rule that was violated in any
of the runs is expected to be violated from then on: "cutwire run" then says when that is gone.

  --client NAME | ./module   the client under test (default: the scenario's own, or as for "cutwire run"); a client that
                             is given by its name becomes the one that the expectations are about
  --confirm N                how many runs come after the first (default: 3)
  --backend, --target, --config, --out    as for "cutwire run"

Examples
  npx cutwire accept ./my-scenario.json
  npx cutwire accept ./my-scenario.json --client planted:M11

Exit codes: 0 accepted, 2 undecided: a fault did not fire, and nothing was written, 3 wrong use, 4 cutwire itself failed,
130 interrupted.
`;

/** `cutwire accept`: what is seen now is expected from now on. */
export const acceptCommand: Command = {
  name: "accept",
  summary: "write the outcome that is seen now into a scenario's expectations",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "accept");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const [name, ...rest] = given.positionals;
    if (name === undefined || rest.length > 0) {
      throw new HarnessError("HARNESS_INVALID_OPTION", "Give one scenario: cutwire accept NAME.");
    }
    const found = findScenario(name, context.directory);
    refuseFixed(found);
    const project = await openProject(given, context);
    const settings = settingsFor(found.scenario, { given, project, context });
    const results = await runOften(found.scenario, settings, { given, project, context });
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    const undecided = results.flatMap(({ faults }) => faults).find(({ state }) => state !== "fired");
    if (undecided !== undefined) {
      const { id, state, why = "no reason given" } = undecided;
      context.print(`undecided: fault ${id} ${state}: ${why}; nothing was written\n`);
      return 2;
    }
    const beyond = rulesWithoutScript(results[0]?.record.history ?? [], project.harness.checkers);
    const { expect, changes } = acceptOutcomes(found.scenario.expect ?? [], results, beyond);
    const client = given.text("client") !== undefined && "name" in settings.client ? { client: settings.client } : {};
    // The file's own members stay as they stand, so that a diff shows the expectations alone.
    const content = parseJsonObject(readTextFile(found.path));
    writeTextFile(found.path, `${JSON.stringify({ ...content, ...client, expect }, undefined, 2)}\n`);
    context.print(printChanges(changes, { source: found.source, client: printClientReference(settings.client) }));
    return 0;
  },
};

function refuseFixed({ scenario, path, isBarePlan }: FoundScenario): void {
  if (isBarePlan) {
    throw new HarnessError(
      "HARNESS_INVALID_OPTION",
      `${path} holds a plan, and only a scenario has expectations. Make it one: {"formatVersion": 1, "name": "${scenario.name}", "why": "…", "plan": …}.`,
      { details: { path } },
    );
  }
  if (!/[\\/]node_modules[\\/]/.test(path)) return;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `"${scenario.name}" comes with the package. Copy ${path} into your project, and accept the copy: cutwire accept ./${scenario.name}.json.`,
    { details: { path } },
  );
}

type AcceptParts = { readonly given: GivenArguments; readonly project: Project; readonly context: CommandContext };
type AcceptSettings = Omit<RunSettings, "folder">;

function settingsFor({ client }: Scenario, { given, project, context }: AcceptParts): AcceptSettings {
  if (client === undefined || given.text("client") !== undefined) return settingsOf(given, project, context);
  const own = "module" in client ? client.module : client.name;
  return settingsOf(given, { ...project, configuration: { ...project.configuration, client: own } }, context);
}

async function runOften(
  scenario: Scenario,
  settings: AcceptSettings,
  parts: AcceptParts,
): Promise<readonly RunResult[]> {
  const { given, project, context } = parts;
  const { harness } = project;
  const times = confirmTimesOf(given, project) + 1;
  const startedAt = harness.clock.wallTime();
  const folder = openRunFolder(outOf(given, project), { directory: context.directory, startedAt });
  return await repeatRun(times, context.signal, async (run) => {
    const result = await runInFolder(scenario.plan, `${scenario.name}/run-${run}`, {
      settings: { ...settings, folder },
      harness,
    });
    context.note(`run ${run + 1} of ${times} of ${scenario.name}`);
    return result;
  });
}

function printChanges(
  changes: readonly ExpectationChange[],
  { source, client }: { readonly source: string; readonly client: string },
): string {
  if (changes.length === 0) return `${source}: as expected already, with ${client}\n`;
  const lines = changes.map(({ rule, from = "nothing", to = "nothing" }) => `  ${rule}: ${from} → ${to}\n`);
  return `${source}: what is expected, with ${client}\n${lines.join("")}`;
}
