import type { Scenario } from "../plan/scenario.ts";
import { OUTCOME_WORDS } from "../report/run-report.ts";
import { closeBackends } from "../reproduce/harness.ts";
import { openRunFolder } from "../suite/run-folder.ts";
import { refuseUnsupported, whyUnsupported } from "../suite/runnable-scenarios.ts";
import { runSuite } from "../suite/run-suite.ts";
import { readScenarios } from "../suite/scenario-files.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { EXTERNAL_HELP } from "./external-place.ts";
import { CONTRACT_HELP, CONTRACT_PRESETS_HELP } from "./contract-option.ts";
import { confirmTimesOf, openProject, outOf, type Project, PROJECT_OPTIONS, settingsOf } from "./project.ts";
import { checkScenariosForDeterminism } from "./determinism-check.ts";
import { deliverReport, parseReporter } from "./reports.ts";

const OPTIONS: OptionTable = {
  ...PROJECT_OPTIONS,
  seed: { type: "string" },
  jobs: { type: "string" },
  reporter: { type: "string", multiple: true },
  "check-determinism": { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire run [SCENARIO | file.json]...

Runs scenarios against a client, cuts its wire where they say, and judges what happened.
Without a scenario it runs all that come with cutwire, but those that are run when they are named: fleet-cut-at-once, whose
twenty sessions want a quiet machine, and two that only the simulation can make happen: clock-set-back-in-backoff and
dials-unanswered.

  --client NAME | ./module   the client under test (default: reference)
${CONTRACT_HELP}
  --backend NAME             how the wire is faulted (default: embedded); simulation is in virtual time
  --target NAME | ws://… | image=…    the server at the far end (default: reference), or one of your own
  --seed N                   another seed for every plan
  --confirm N                how often a violation, or what a busy machine left undecided, is run again (default: 3)
  --jobs N                   how many scenarios run side by side (default: 4)
  --reporter NAME[=FILE]     console, json, junit or github, more than once if you like (default: console)
  --check-determinism        run each twice with --backend simulation, and tell the first event that differs
  --known FILE               violations that are known: they are told, and fail nothing
  --config FILE              another configuration than cutwire.config.ts, .js or .json
  --out DIR                  where runs are stored (default: .cutwire)
  --quiet                    nothing but the reports
  --verbose                  every run as it starts and ends, with all its rules and faults

Examples
  npx cutwire run                                       the reference client: all as expected
  npx cutwire run --client ./my-client.js               your own client
  npx cutwire run cut-after-call-done --client planted:M11    a client with a known bug
  npx cutwire run --client ./my-client.js --contract openai-node    held to what that SDK promises
  npx cutwire run --target ws://127.0.0.1:8080/v1       your own server, with its own model
  npx cutwire run --backend simulation                  all of it in virtual time, on one core, in a second or two
  npx cutwire run my-plan.json --reporter json=out.json
  npx cutwire run --backend external --toxiproxy http://127.0.0.1:8474 --listen-ports 8666-8697 \\
    --upstream tap:9000 --tap http://127.0.0.1:8477 --control http://127.0.0.1:8476
  npx cutwire run --reporter junit=results.xml --reporter github    in CI

What is said every time can stand in cutwire.config.ts (or .js, .json), and the command line wins over it:
  export default { clients: { mine: "./my-client.ts" }, client: "mine", reporters: ["console", "junit=results.xml"] };
Its other members: contracts (by client), scenarios, backend, target, known, jobs, confirm, out.

${CONTRACT_PRESETS_HELP}

Known findings let a suite with known defects pass today, and say when one is gone. The file names each by its rule and
the scenario, by the "shape" that report.json tells of a violation (as "witness"), or by both:
  {"formatVersion": 1, "findings": [{"rule": "INV-02", "scenario": "cut-after-call-done", "issue": "#12"}]}

The backend "container" starts the server and a real Toxiproxy in containers, with Docker and the package testcontainers:
  --sessions-max N           how many sessions it has ports for (default: 32)
  --target image=my-server:1,port=8080[,env=NAME=VALUE]…[,health=/PATH][,path=/PATH]
                             a server of your own, which listens on 0.0.0.0 in its container; env=NAME hands on what
                             you have by that name, health is what it answers with a 2xx as soon as it is well, path
                             stands before /responses (default: /v1)

${EXTERNAL_HELP}

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
    // Whatever is wrong with the request is said before anything is run or written.
    const project = await openProject(given, context);
    const { configuration, harness } = project;
    const reporters = given.texts("reporter", configuration.reporters).map(parseReporter);
    const settings = settingsOf(given, project, context);
    const jobs = given.count("jobs", { least: 1, most: 64, fallback: configuration.jobs ?? 4 });
    const confirmTimes = confirmTimesOf(given, project);
    const scenarios = scenariosOf(given, project, context);
    // What was asked for has to run; of a suite, what cannot be run here is told apart.
    if (given.positionals.length > 0) refuseUnsupported(scenarios, { ...settings, harness });
    if (given.flag("check-determinism")) {
      const able = scenarios.filter((scenario) => whyUnsupported(scenario, { ...settings, harness }) === undefined);
      return await checkScenariosForDeterminism(able, settings, { harness, context });
    }
    const startedAt = harness.clock.wallTime();
    const folder = openRunFolder(outOf(given, project), { directory: context.directory, startedAt });
    const report = await runSuite(scenarios, {
      jobs,
      confirmTimes,
      harness,
      startedAt,
      settings: { ...settings, folder, ...(given.flag("verbose") ? { onRun: context.note } : {}) },
      onScenario({ report: { name, outcome } }, { finished, total }) {
        if (!given.flag("quiet")) context.note(`${finished}/${total} ${name}: ${OUTCOME_WORDS[outcome]}`);
      },
    });
    deliverReport(report, reporters, { context, folder });
    await closeBackends(harness);
    return report.exitCode;
  },
};

function scenariosOf(
  given: GivenArguments,
  { configuration }: Project,
  { directory }: CommandContext,
): readonly Scenario[] {
  const wanted = given.positionals.length > 0 ? given.positionals : (configuration.scenarios ?? []);
  const scenarios = readScenarios(wanted, directory);
  if (given.text("seed") === undefined) return scenarios;
  const seed = given.count("seed", { least: 0, most: 4_294_967_295, fallback: 0 });
  return scenarios.map((scenario) => ({ ...scenario, plan: { ...scenario.plan, seed } }));
}
