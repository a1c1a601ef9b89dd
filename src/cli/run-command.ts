import { resolve } from "node:path";

import { createHarness } from "../built-ins.ts";
import type { Scenario } from "../plan/scenario.ts";
import { parseKnownFindings } from "../report/known-findings.ts";
import { OUTCOME_WORDS } from "../report/run-report.ts";
import { clientModuleOf, parseClientReference } from "../reproduce/client-module.ts";
import { pluginNamed } from "../reproduce/harness.ts";
import { readTextFile } from "../suite/files.ts";
import { openRunFolder } from "../suite/run-folder.ts";
import { runSuite } from "../suite/run-suite.ts";
import { readScenarios } from "../suite/scenario-files.ts";
import type { RunSettings } from "../suite/scenario-run.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { deliverReport, parseReporter } from "./reports.ts";

const OPTIONS: OptionTable = {
  client: { type: "string", default: "reference" },
  backend: { type: "string", default: "embedded" },
  target: { type: "string", default: "reference" },
  seed: { type: "string" },
  confirm: { type: "string" },
  jobs: { type: "string" },
  reporter: { type: "string", multiple: true },
  out: { type: "string", default: ".cutwire" },
  known: { type: "string" },
  verbose: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire run [SCENARIO | file.json]...

Runs scenarios against a client, cuts its wire where they say, and judges what happened.
Without a scenario it runs all that come with cutwire.

  --client NAME | ./module   the client under test (default: reference)
  --backend NAME             how the wire is faulted (default: embedded)
  --target NAME              the server at the far end (default: reference)
  --seed N                   another seed for every plan
  --confirm N                how often a violation is run again (default: 3)
  --jobs N                   how many scenarios run side by side (default: 4)
  --reporter NAME[=FILE]     console, json, junit or github, more than once if you like (default: console)
  --known FILE               violations that are known: they are told, and fail nothing
  --out DIR                  where runs are stored (default: .cutwire)
  --quiet                    nothing but the reports
  --verbose                  every run as it starts and ends, with all its rules and faults

Examples
  npx cutwire run                                       the reference client: all as expected
  npx cutwire run --client ./my-client.js               your own client
  npx cutwire run cut-after-call-done --client planted:M11    a client with a known bug
  npx cutwire run my-plan.json --reporter json=out.json
  npx cutwire run --reporter junit=results.xml --reporter github    in CI

Known findings let a suite with known defects pass today, and say when one is gone. The file names each by its rule and
the scenario, by the "shape" that report.json tells of a violation (as "witness"), or by both:
  {"formatVersion": 1, "findings": [{"rule": "INV-02", "scenario": "cut-after-call-done", "issue": "#12"}]}

Exit codes: 0 as expected, 1 something was violated, 2 undecided or nothing ran, 3 wrong use,
4 cutwire itself failed, 130 interrupted.
`;

/** `cutwire run`: the suite, or a part of it, against one client. */
export const runCommand: Command = {
  name: "run",
  summary: "run scenarios against a client and judge what happened",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "run");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const harness = createHarness();
    const reporters = given.texts("reporter").map(parseReporter);
    const settings = settingsOf(given, context);
    const counts = countsOf(given);
    // Whatever is wrong with the request is said before anything is run or written.
    clientModuleOf(settings.client, harness);
    pluginNamed("backend", settings.backend, harness.backends);
    pluginNamed("target", settings.target, harness.targets);
    const scenarios = scenariosOf(given, context);
    const startedAt = harness.clock.wallTime();
    const folder = openRunFolder(given.text("out") ?? ".cutwire", { directory: context.directory, startedAt });
    const report = await runSuite(scenarios, {
      ...counts,
      harness,
      startedAt,
      settings: { ...settings, folder },
      onScenario({ report: { name, outcome } }, { finished, total }) {
        if (!given.flag("quiet")) context.note(`${finished}/${total} ${name}: ${OUTCOME_WORDS[outcome]}`);
      },
    });
    deliverReport(report, reporters, { context, folder });
    return report.exitCode;
  },
};

function settingsOf(given: GivenArguments, context: CommandContext): Omit<RunSettings, "folder"> {
  const known = given.text("known");
  return {
    client: parseClientReference(given.text("client") ?? "reference", context.directory),
    backend: given.text("backend") ?? "embedded",
    target: given.text("target") ?? "reference",
    signal: context.signal,
    ...(known === undefined
      ? {}
      : { known: parseKnownFindings(readTextFile(resolve(context.directory, known)), known) }),
    ...(given.flag("verbose") ? { onRun: context.note } : {}),
  };
}

function scenariosOf(given: GivenArguments, context: CommandContext): readonly Scenario[] {
  const scenarios = readScenarios(given.positionals, context.directory);
  if (given.text("seed") === undefined) return scenarios;
  const seed = given.count("seed", { least: 0, most: 4_294_967_295, fallback: 0 });
  return scenarios.map((scenario) => ({ ...scenario, plan: { ...scenario.plan, seed } }));
}

type SuiteCounts = { readonly confirmTimes: number; readonly jobs: number };

function countsOf(given: GivenArguments): SuiteCounts {
  return {
    confirmTimes: given.count("confirm", { least: 0, most: 1_000, fallback: 3 }),
    jobs: given.count("jobs", { least: 1, most: 64, fallback: 4 }),
  };
}
