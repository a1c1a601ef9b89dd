import { PLAIN_PAINT, type Reporter } from "../reporter.ts";
import type { JudgedVerdict, RunReport, ScenarioReport } from "../run-report.ts";
import { goneWords, scenarioWords } from "../scenario-words.ts";
import { printXml, type XmlElement } from "../xml.ts";

/**
 * JUnit XML, as CI systems read it: a test case for each scenario. What was violated is a failure, what is undecided an
 * error, for neither says that the client is well; what was not exercised is skipped, with the reason; a known violation is told in the case's output.
 */
export const junitReporter: Reporter = {
  name: "junit",
  render(report) {
    const suite: XmlElement = {
      name: "testsuite",
      attributes: { name: suiteName(report), ...countsOf(report), timestamp: report.startedAt },
      children: [
        ...report.scenarios.map((scenario) => caseOf(scenario, report)),
        ...(report.knownGone ?? []).map((finding) => ({ name: "system-out", children: [goneWords(finding)] })),
      ],
    };
    return printXml({ name: "testsuites", attributes: { name: "cutwire", ...countsOf(report) }, children: [suite] });
  },
};

function suiteName({ client, target, backend }: RunReport): string {
  return `${client} against ${target} on ${backend}`;
}

function countsOf({ scenarios, durationMs }: RunReport): Readonly<Record<string, number>> {
  const count = (outcome: ScenarioReport["outcome"]): number =>
    scenarios.filter((scenario) => scenario.outcome === outcome).length;
  return {
    tests: scenarios.length,
    failures: count("violated"),
    errors: count("undecided"),
    skipped: count("not-exercised"),
    time: durationMs / 1000,
  };
}

function caseOf(scenario: ScenarioReport, report: RunReport): XmlElement {
  const { name, outcome, verdicts, durationMs, notExercised = "" } = scenario;
  const words = scenarioWords(scenario, PLAIN_PAINT).join("\n");
  const isKnown = verdicts.some(({ known }) => known !== undefined);
  return {
    name: "testcase",
    attributes: { name, classname: `cutwire.${report.client}`, time: durationMs / 1000 },
    children: [
      ...(outcome === "violated" ? [problem("failure", verdicts, words)] : []),
      ...(outcome === "undecided" ? [problem("error", verdicts, words)] : []),
      ...(outcome === "not-exercised" ? [{ name: "skipped", attributes: { message: notExercised } }] : []),
      ...(outcome === "as-expected" && isKnown ? [{ name: "system-out", children: [words] }] : []),
    ],
  };
}

function problem(name: "failure" | "error", verdicts: readonly JudgedVerdict[], words: string): XmlElement {
  const open = verdicts.filter(({ judgement }) => judgement !== "as-expected" && judgement !== "known-violation");
  const message = open.map(({ rule, outcome, message: text }) => `${rule} ${outcome}: ${text}`).join("; ");
  return { name, attributes: { type: name === "failure" ? "violated" : "undecided", message }, children: [words] };
}
