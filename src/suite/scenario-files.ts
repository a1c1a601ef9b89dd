import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { HarnessError } from "../errors.ts";
import { isJsonObject, parseJsonObject } from "../protocol/json.ts";
import { parseDocument } from "../plan/document.ts";
import { PlanSchema } from "../plan/plan.ts";
import { type Scenario, ScenarioSchema } from "../plan/scenario.ts";
import { readTextFile } from "./files.ts";

/** The scenarios that come with the package. */
const BUILT_IN_FOLDER: string = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/** Those among them that run only when they are asked for by name: twenty sessions at once want a quiet machine. */
const ON_REQUEST_FOLDER: string = join(BUILT_IN_FOLDER, "on-request");

/** The names of the scenarios that run when none is asked for, sorted. */
export function builtInScenarioNames(): readonly string[] {
  return namesIn(BUILT_IN_FOLDER);
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .toSorted();
}

/**
 * Reads the scenarios that a user asked for: names of built-in ones, or files that hold a scenario or a plan.
 *
 * @param wanted None means all built-in ones.
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_PLAN`
 */
export function readScenarios(wanted: readonly string[], directory: string): readonly Scenario[] {
  const chosen = wanted.length === 0 ? builtInScenarioNames() : wanted;
  const scenarios = chosen.map((name) => findScenario(name, directory).scenario);
  refuseTwins(scenarios);
  return scenarios;
}

/** A scenario with the file that it stands in. */
export type FoundScenario = {
  readonly scenario: Scenario;
  readonly path: string;
  /** The file as a user would name it. */
  readonly source: string;
  /** Whether the file holds a plan alone, without a scenario around it. */
  readonly isBarePlan: boolean;
};

/**
 * Reads one scenario: a built-in one by its name, or a file.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`, `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_PLAN`
 */
export function findScenario(name: string, directory: string): FoundScenario {
  const names = builtInScenarioNames();
  const onRequest = namesIn(ON_REQUEST_FOLDER);
  if (onRequest.includes(name)) {
    return readScenarioFile(join(ON_REQUEST_FOLDER, `${name}.json`), `scenarios/on-request/${name}.json`);
  }
  if (names.includes(name)) return readScenarioFile(join(BUILT_IN_FOLDER, `${name}.json`), `scenarios/${name}.json`);
  const path = resolve(directory, name);
  if (existsSync(path) || name.endsWith(".json")) return readScenarioFile(path, name);
  throw new HarnessError(
    "HARNESS_UNKNOWN_NAME",
    `There is no scenario named "${name}", and no such file. Scenarios: ${[...names, ...onRequest].join(", ")}.`,
    { details: { name } },
  );
}

/** Each scenario has the folder of its name, so two of one name would write into each other's results. */
function refuseTwins(scenarios: readonly Scenario[]): void {
  const names = scenarios.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin === undefined) return;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `Two of the scenarios are named "${twin}". Give each scenario once, and each its own name.`,
    { details: { name: twin } },
  );
}

/** A file with a bare plan is a scenario that is named after it and expects every rule to hold. */
function readScenarioFile(path: string, source: string): FoundScenario {
  const text = readTextFile(path);
  const content = parseJsonObject(text);
  const isBarePlan = isJsonObject(content) && "workload" in content && !("plan" in content);
  const code = "HARNESS_INVALID_PLAN";
  if (!isBarePlan) {
    const scenario = parseDocument(text, ScenarioSchema, { what: "scenario", source, code });
    return { scenario, path, source, isBarePlan };
  }
  const plan = parseDocument(text, PlanSchema, { what: "plan", source, code });
  const scenario: Scenario = {
    formatVersion: 1,
    name: basename(path, ".json"),
    why: `The plan in ${source}.`,
    plan,
  };
  return { scenario, path, source, isBarePlan };
}
