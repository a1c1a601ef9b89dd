import { afterAll, describe, it } from "vitest";

import type { Scenario } from "../plan/scenario.ts";
import { PLAIN_PAINT } from "../report/reporter.ts";
import { scenarioWords } from "../report/scenario-words.ts";
import type { Harness } from "../reproduce/harness.ts";
import type { RunFolder } from "../suite/run-folder.ts";
import { runScenario, type RunSettings } from "../suite/scenario-run.ts";
import { AROUND_RUN_MS, failureOf } from "./test-ending.ts";

/** What scenarios are run with. */
export type ScenarioTestParts = Omit<RunSettings, "folder" | "signal"> & {
  readonly harness: Harness;
  /** How often a violation is run again. */
  readonly confirm: number;
  readonly folder: () => RunFolder;
};

/** Declares a test for each scenario, side by side. */
export function declareScenarioTests(title: string, scenarios: readonly Scenario[], parts: ScenarioTestParts): void {
  const { harness, confirm, folder, ...settings } = parts;
  describe.concurrent(title, () => {
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
        if (report.outcome === "as-expected") return;
        const name = report.outcome === "violated" ? "PromiseBroken" : "Undecided";
        throw failureOf(name, scenarioWords(report, PLAIN_PAINT));
      });
    }
    afterAll(() => {
      if (exercised > 0 || skipped.length === 0) return;
      throw new Error(`None of the scenarios that ran could be exercised: ${skipped.join(", ")}. Choose others.`);
    });
  });
}

function timeoutMsOf({ plan }: Scenario, confirm: number): number {
  return (plan.limits.runMs + AROUND_RUN_MS) * (confirm + 1);
}
