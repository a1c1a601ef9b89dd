import type { Paint, Reporter } from "../reporter.ts";
import { type JudgedVerdict, OUTCOME_WORDS, type RunReport, type ScenarioReport } from "../run-report.ts";
import { goneWords, paintOf, scenarioWords } from "../scenario-words.ts";
import { violationsByRule } from "../violations-by-rule.ts";

/**
 * A table of all scenarios, then every finding with its witness, advice and replay command, for a person to read; where
 * several scenarios found something, the rules that they have in common come last.
 */
export const consoleReporter: Reporter = {
  name: "console",
  render(report, { paint }) {
    const details = report.scenarios.filter(
      ({ outcome, verdicts }) => outcome !== "as-expected" || verdicts.some(({ known }) => known !== undefined),
    );
    return [
      ...tableOf(report, paint),
      ...details.flatMap((scenario) => ["", ...scenarioWords(scenario, paint)]),
      "",
      ...rulesInCommon(report, paint),
      ...(report.knownGone ?? []).map((finding) => paint.doubtful(goneWords(finding))),
      summaryOf(report, paint),
      "",
    ].join("\n");
  },
};

function tableOf(report: RunReport, paint: Paint): readonly string[] {
  const rows = report.scenarios.map((scenario) => [
    scenario.name,
    OUTCOME_WORDS[scenario.outcome],
    rulesOf(scenario),
    faultsOf(scenario),
    `${(scenario.durationMs / 1000).toFixed(1)} s`,
  ]);
  const header = ["scenario", "outcome", "rules", "faults", "time"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [
    `${paint.strong(report.client)} against ${report.target} on ${report.backend}`,
    "",
    paint.faint(line(header)),
    ...rows.map((row, index) => {
      const outcome = report.scenarios[index]?.outcome ?? "undecided";
      const [name = "", word = "", ...rest] = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      return [name, paintOf(outcome, paint)(word), ...rest].join("  ").trimEnd();
    }),
  ];
}

function rulesOf({ verdicts }: ScenarioReport): string {
  const count = (outcome: JudgedVerdict["outcome"]): number =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const known = verdicts.filter(({ judgement }) => judgement === "known-violation").length;
  const parts = [`${count("holds")} hold`];
  if (count("violated") > known) parts.push(`${count("violated") - known} violated`);
  if (known > 0) parts.push(`${known} known`);
  if (count("unknown") > 0) parts.push(`${count("unknown")} unknown`);
  return parts.join(", ");
}

function faultsOf({ faults }: ScenarioReport): string {
  if (faults.length === 0) return "none";
  const fired = faults.filter(({ state }) => state === "fired").length;
  return `${fired} of ${faults.length} fired`;
}

/** How many scenarios are named for a rule; the table above has the others. */
const NAMES_SHOWN = 3;

/** The same defect is mostly found by many scenarios: what is to be mended is shorter than the list of findings. */
function rulesInCommon({ scenarios }: RunReport, paint: Paint): readonly string[] {
  const rules = violationsByRule(scenarios);
  if (new Set(rules.flatMap((rule) => rule.scenarios)).size < 2) return [];
  const titles = rules.map(({ rule, checker }) => `${rule} ${checker}`);
  const width = Math.max(...titles.map((title) => title.length));
  const lines = rules.map(({ scenarios: names }, index) => {
    const others = names.length - NAMES_SHOWN;
    const shown = names.slice(0, NAMES_SHOWN).join(", ");
    const counted = `${names.length}`.padStart(`${scenarios.length}`.length);
    return `  ${(titles[index] ?? "").padEnd(width)}  ${counted}  ${shown}${others > 0 ? ` and ${others} more` : ""}`;
  });
  return [paint.strong("violated, and in how many scenarios"), ...lines, ""];
}

function summaryOf(report: RunReport, paint: Paint): string {
  const count = (outcome: ScenarioReport["outcome"]): number =>
    report.scenarios.filter((scenario) => scenario.outcome === outcome).length;
  const seconds = (report.durationMs / 1000).toFixed(1);
  const parts = [
    paint.good(`${count("as-expected")} as expected`),
    ...(count("violated") > 0 ? [paint.bad(`${count("violated")} violated`)] : []),
    ...(count("undecided") > 0 ? [paint.doubtful(`${count("undecided")} undecided`)] : []),
    ...(count("not-exercised") > 0 ? [paint.doubtful(`${count("not-exercised")} not exercised`)] : []),
    ...(report.interrupted ? [paint.doubtful("interrupted: what was found until then is kept")] : []),
  ];
  const total = report.scenarios.length;
  return `${total} ${total === 1 ? "scenario" : "scenarios"}: ${parts.join(", ")} in ${seconds} s`;
}
