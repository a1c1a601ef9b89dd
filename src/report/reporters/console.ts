import type { Paint, Reporter } from "../reporter.ts";
import { type JudgedVerdict, OUTCOME_WORDS, type RunReport, type ScenarioReport } from "../run-report.ts";

/** A table of all scenarios, then every finding with its witness, advice and replay command, for a person to read. */
export const consoleReporter: Reporter = {
  name: "console",
  render(report, { paint }) {
    const details = report.scenarios.filter(({ outcome }) => outcome !== "as-expected");
    return [
      ...tableOf(report, paint),
      ...details.flatMap((scenario) => ["", ...detailOf(scenario, paint)]),
      "",
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

function paintOf(outcome: ScenarioReport["outcome"], paint: Paint): (text: string) => string {
  if (outcome === "as-expected") return paint.good;
  return outcome === "violated" ? paint.bad : paint.doubtful;
}

function rulesOf({ verdicts }: ScenarioReport): string {
  const count = (outcome: JudgedVerdict["outcome"]): number =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;
  const parts = [`${count("holds")} hold`];
  if (count("violated") > 0) parts.push(`${count("violated")} violated`);
  if (count("unknown") > 0) parts.push(`${count("unknown")} unknown`);
  return parts.join(", ");
}

function faultsOf({ faults }: ScenarioReport): string {
  if (faults.length === 0) return "none";
  const fired = faults.filter(({ state }) => state === "fired").length;
  return `${fired} of ${faults.length} fired`;
}

function detailOf(scenario: ScenarioReport, paint: Paint): readonly string[] {
  const open = scenario.verdicts.filter(({ judgement }) => judgement !== "as-expected");
  const unfired = scenario.faults.filter(({ state }) => state !== "fired");
  // What is undecided only because a fault did not fire is said once, by that fault.
  const isShown = ({ outcome, judgement }: JudgedVerdict): boolean =>
    outcome === "violated" || judgement === "missing-violation" || (outcome === "unknown" && unfired.length === 0);
  const shown = open.filter(isShown);
  const rest = open.filter((verdict) => !isShown(verdict)).map(({ rule, outcome }) => `${rule} ${outcome}`);
  return [
    paintOf(scenario.outcome, paint)(paint.strong(scenario.name)),
    `  ${paint.faint(scenario.why)}`,
    ...unfired.map(({ id, state, why }) => `  ${paint.doubtful(`fault ${id} ${state}`)}: ${why ?? "no reason given"}`),
    ...shown.flatMap((verdict) => verdictLines(verdict, paint)),
    ...(rest.length === 0 ? [] : [`  ${paint.faint(`also undecided: ${rest.join(", ")}`)}`]),
    `  trace    ${scenario.directory}/history.jsonl`,
    ...(scenario.replayCommand === undefined ? [] : [`  replay   ${paint.strong(scenario.replayCommand)}`]),
  ];
}

function verdictLines(verdict: JudgedVerdict, paint: Paint): readonly string[] {
  const { rule, checker, outcome, expected, message, advice, evidence } = verdict;
  const colour = outcome === "violated" ? paint.bad : paint.doubtful;
  const expectation = expected === "holds" ? "" : ` (expected: ${expected})`;
  const repeated =
    verdict.repeated === undefined ? "" : `, ${verdict.repeated.violatedRuns} of ${verdict.repeated.runs} runs`;
  return [
    `  ${colour(`${rule} ${checker}: ${outcome}`)}${expectation}${repeated}`,
    `    ${message}`,
    ...(evidence.length === 0 ? [] : [`    witness: events ${evidence.join(", ")}`]),
    ...(outcome === "violated" ? [`    advice: ${advice}`] : []),
  ];
}

function summaryOf(report: RunReport, paint: Paint): string {
  const count = (outcome: ScenarioReport["outcome"]): number =>
    report.scenarios.filter((scenario) => scenario.outcome === outcome).length;
  const seconds = (report.durationMs / 1000).toFixed(1);
  const parts = [
    paint.good(`${count("as-expected")} as expected`),
    ...(count("violated") > 0 ? [paint.bad(`${count("violated")} violated`)] : []),
    ...(count("undecided") > 0 ? [paint.doubtful(`${count("undecided")} undecided`)] : []),
    ...(report.interrupted ? [paint.doubtful("interrupted: what was found until then is kept")] : []),
  ];
  const total = report.scenarios.length;
  return `${total} ${total === 1 ? "scenario" : "scenarios"}: ${parts.join(", ")} in ${seconds} s`;
}
