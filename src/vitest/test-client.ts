import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, it } from "vitest";

import { createHarness } from "../built-ins.ts";
import type { Contract } from "../plan/contract.ts";
import type { Scenario } from "../plan/scenario.ts";
import { parseKnownFindings } from "../report/known-findings.ts";
import { PLAIN_PAINT } from "../report/reporter.ts";
import type { KnownFinding, ScenarioReport } from "../report/run-report.ts";
import { scenarioWords } from "../report/scenario-words.ts";
import {
  clientModuleOf,
  clientReferenceOf,
  type GivenClient,
  printClientReference,
} from "../reproduce/client-module.ts";
import { pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { readTextFile } from "../suite/files.ts";
import { openRunFolder, type RunFolder } from "../suite/run-folder.ts";
import { refuseUnsupported } from "../suite/runnable-scenarios.ts";
import { readScenarios } from "../suite/scenario-files.ts";
import { runScenario } from "../suite/scenario-run.ts";

/** What a client is tested with. */
export type TestClientOptions = {
  /** All scenarios that come with cutwire, or some of them by name, and files with scenarios or plans of your own. */
  readonly scenarios: "all" | readonly string[];
  /** Takes the place of what the client says that it promises. */
  readonly contract?: Partial<Contract>;
  /** How often a violation is run again before it is told; 3 where absent. */
  readonly confirm?: number;
  /** Violations that are known and fail nothing: a file of them, or the findings themselves. */
  readonly known?: string | URL | readonly KnownFinding[];
  /** `"embedded"` where absent. */
  readonly backend?: string;
  /** The name of a target, or the URL of a server of your own: `"ws://127.0.0.1:8080/v1"`; `"reference"` where absent. */
  readonly target?: string;
  /** Where runs are stored; `.cutwire` where absent. */
  readonly out?: string;
};

/**
 * Declares a vitest test for each scenario, side by side. A test fails where a promise was broken, and where that stayed
 * undecided; it tells the verdict, the events that witness it, what to look at, and the command that has it again. A
 * scenario that is not for this client is skipped with the reason, and skipping all that ran is a failure too.
 *
 * Relative paths start from the working directory.
 *
 * @example testClient(new URL("./my-client.js", import.meta.url), { scenarios: "all" });
 * @throws HarnessError before any test is declared: `HARNESS_INVALID_OPTION` for a client that was given as an object,
 * `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_PLAN`, `HARNESS_INVALID_CONFIGURATION`, and
 * `HARNESS_UNSUPPORTED_FAULT` for a scenario that was named and cannot be run with this backend or target
 */
export function testClient(client: GivenClient, options: TestClientOptions): void {
  const { contract, confirm = 3, backend = "embedded", target = "reference", out = ".cutwire" } = options;
  const directory = process.cwd();
  const harness = createHarness();
  const reference = clientReferenceOf(client, { directory, backend });
  clientModuleOf(reference, harness);
  pluginNamed("backend", backend, harness.backends);
  targetNamed(target, harness);
  const known = knownFindingsOf(options.known, directory);
  const scenarios = readScenarios(options.scenarios === "all" ? [] : options.scenarios, directory);
  if (options.scenarios !== "all") refuseUnsupported(scenarios, { backend, target, harness });
  let opened: RunFolder | undefined;
  // Opened by the first test that runs: a file of which no test is chosen leaves nothing behind.
  const folder = (): RunFolder => (opened ??= openRunFolder(out, { directory, startedAt: harness.clock.wallTime() }));
  const settings = { client: reference, backend, target, known, ...(contract === undefined ? {} : { contract }) };
  describe.concurrent(`${printClientReference(reference)} on ${backend}`, () => {
    const skipped: string[] = [];
    let exercised = 0;
    for (const scenario of scenarios) {
      it(scenario.name, { timeout: timeoutMsOf(scenario, confirm) }, async ({ signal, skip }) => {
        const used = { ...settings, folder: folder(), signal };
        const { report } = await runScenario(scenario, confirm, { settings: used, harness });
        if (report.outcome === "not-exercised") {
          skipped.push(scenario.name);
          skip(report.notExercised);
        }
        exercised += 1;
        if (report.outcome !== "as-expected") throw failureOf(report);
      });
    }
    afterAll(() => {
      if (exercised > 0 || skipped.length === 0) return;
      throw new Error(`None of the scenarios that ran could be exercised: ${skipped.join(", ")}. Choose others.`);
    });
  });
}

/** What starting and taking down a run may take besides the time that its plan allows. */
const AROUND_RUN_MS = 30_000;

function timeoutMsOf({ plan }: Scenario, confirm: number): number {
  return (plan.limits.runMs + AROUND_RUN_MS) * (confirm + 1);
}

function knownFindingsOf(known: TestClientOptions["known"], directory: string): readonly KnownFinding[] {
  if (known === undefined) return [];
  if (typeof known !== "string" && !("href" in known)) return known;
  const path = typeof known === "string" ? resolve(directory, known) : fileURLToPath(known);
  return parseKnownFindings(readTextFile(path), path);
}

/** The words are all that there is to see: where in cutwire they were put together helps nobody. */
function failureOf(report: ScenarioReport): Error {
  const failure = new Error(scenarioWords(report, PLAIN_PAINT).join("\n"));
  failure.name = report.outcome === "violated" ? "PromiseBroken" : "Undecided";
  failure.stack = `${failure.name}: ${failure.message}`;
  return failure;
}
