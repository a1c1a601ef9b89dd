import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll } from "vitest";

import { createHarness } from "../built-ins.ts";
import { HarnessError } from "../errors.ts";
import type { Contract } from "../plan/contract.ts";
import { parseKnownFindings } from "../report/known-findings.ts";
import type { KnownFinding } from "../report/run-report.ts";
import {
  clientModuleOf,
  clientReferenceOf,
  type GivenClient,
  printClientReference,
} from "../reproduce/client-module.ts";
import { closeBackends, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { readTextFile } from "../suite/files.ts";
import { openRunFolder, type RunFolder } from "../suite/run-folder.ts";
import { refuseUnsupported } from "../suite/runnable-scenarios.ts";
import { readScenarios } from "../suite/scenario-files.ts";
import { declarePromiseTests, promisesNamed, runsOf, seedOf } from "./promise-tests.ts";
import { declareScenarioTests } from "./scenario-tests.ts";

/** What a client is tested with. */
export type TestClientOptions = {
  /** All scenarios that come with cutwire, or some of them by name, and files with scenarios or plans of your own; none where absent. */
  readonly scenarios?: "all" | readonly string[];
  /** All promises, or some of them by name, each checked over generated plans; none where absent. */
  readonly properties?: "all" | readonly string[];
  /** Over how many generated plans each promise is checked, 1..; 50 where absent. */
  readonly runs?: number;
  /**
   * Decides the generated plans, 0..4294967295; others each time where absent. It is printed, and the environment
   * variable `CUTWIRE_SEED` wins over it, to have the same plans again.
   */
  readonly seed?: number;
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
 * Declares a vitest test for each scenario, side by side, and one for each promise, which is checked over generated plans.
 * A test fails where a promise was broken, and where that stayed undecided; it tells the verdict, the events that witness
 * it, what to look at, and the command that has it again. A scenario that is not for this client is skipped with the
 * reason, and skipping all that ran is a failure too.
 *
 * Relative paths start from the working directory.
 *
 * @example testClient(new URL("./my-client.js", import.meta.url), { scenarios: "all", properties: "all", runs: 50 });
 * @throws HarnessError before any test is declared: `HARNESS_INVALID_OPTION` for a client that was given as an object,
 * for a bad number, and for nothing to test, `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_PLAN`,
 * `HARNESS_INVALID_CONFIGURATION`, and `HARNESS_UNSUPPORTED_FAULT` for a scenario that was named and cannot be run with
 * this backend or target
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
  const scenarios = wantsAny(options.scenarios)
    ? readScenarios(options.scenarios === "all" ? [] : options.scenarios, directory)
    : [];
  if (options.scenarios !== "all") refuseUnsupported(scenarios, { backend, target, harness });
  const promises = wantsAny(options.properties) ? promisesNamed(options.properties) : [];
  if (scenarios.length + promises.length === 0) throw nothingToTest();
  const runs = runsOf(options.runs);
  const seed = seedOf(options.seed, process.env);
  let opened: RunFolder | undefined;
  // Opened by the first test that runs: a file of which no test is chosen leaves nothing behind.
  const folder = (): RunFolder => (opened ??= openRunFolder(out, { directory, startedAt: harness.clock.wallTime() }));
  const settings = { client: reference, backend, target, known, ...(contract === undefined ? {} : { contract }) };
  const shared = { ...settings, harness, confirm, folder };
  const title = `${printClientReference(reference)} on ${backend}`;
  // What a backend keeps for further tests has to go before the process does.
  afterAll(async () => await closeBackends(harness));
  if (scenarios.length > 0) declareScenarioTests(title, scenarios, shared);
  if (promises.length > 0) declarePromiseTests(`${title}, generated plans`, promises, { ...shared, runs, seed });
}

function wantsAny(names: "all" | readonly string[] | undefined): names is "all" | readonly string[] {
  return names !== undefined && names.length > 0;
}

function nothingToTest(): HarnessError {
  const message = 'There is nothing to test the client with. Give scenarios: "all", properties: "all", or both.';
  return new HarnessError("HARNESS_INVALID_OPTION", message);
}

function knownFindingsOf(known: TestClientOptions["known"], directory: string): readonly KnownFinding[] {
  if (known === undefined) return [];
  if (typeof known !== "string" && !("href" in known)) return known;
  const path = typeof known === "string" ? resolve(directory, known) : fileURLToPath(known);
  return parseKnownFindings(readTextFile(path), path);
}
