import type { Reporter } from "../reporter.ts";
import type { JudgedVerdict, ScenarioReport } from "../run-report.ts";
import { goneWords, knownWords } from "../scenario-words.ts";

/**
 * Workflow commands, which GitHub Actions turns into annotations: an error for each violation, a warning for what is
 * undecided, a notice for what is known or was known, and for what was not exercised. It prints nothing where all is well.
 *
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export const githubReporter: Reporter = {
  name: "github",
  render(report) {
    const lines = [
      ...report.scenarios.flatMap(annotationsOf),
      ...(report.knownGone ?? []).map((finding) => command("notice", `known ${finding.rule}`, goneWords(finding))),
    ];
    return lines.map((line) => `${line}\n`).join("");
  },
};

function annotationsOf(scenario: ScenarioReport): readonly string[] {
  const { name, outcome, verdicts, faults, replayCommand } = scenario;
  const unfired = faults.filter(({ state }) => state !== "fired");
  if (outcome === "not-exercised") return [command("notice", `${name}: not exercised`, scenario.notExercised ?? "")];
  return [
    ...unfired.map(({ id, state, why }) =>
      command("warning", `${name}: fault ${id} ${state}`, `${why ?? "no reason given"}; what holds is undecided`),
    ),
    ...verdicts.flatMap((verdict) => {
      const level = levelOf(verdict);
      // Where a fault did not fire, that says why the rest is undecided.
      if (level === undefined || (level === "warning" && unfired.length > 0)) return [];
      return [command(level, `${name}: ${verdict.rule} ${verdict.outcome}`, textOf(verdict, replayCommand))];
    }),
  ];
}

function levelOf({ judgement }: JudgedVerdict): "error" | "warning" | "notice" | undefined {
  switch (judgement) {
    case "unexpected-violation":
    case "missing-violation":
      return "error";
    case "undecided":
      return "warning";
    case "known-violation":
      return "notice";
    case "as-expected":
      return undefined;
  }
}

function textOf(verdict: JudgedVerdict, replayCommand: string | undefined): string {
  const { outcome, expected, message, advice, repeated, known } = verdict;
  const isNews = verdict.judgement === "unexpected-violation";
  return [
    ...(expected === "holds" ? [] : [`expected: ${expected}`]),
    ...(known === undefined ? [] : [knownWords(known)]),
    message,
    ...(repeated === undefined ? [] : [`in ${repeated.violatedRuns} of ${repeated.runs} runs`]),
    ...(outcome === "violated" ? [`advice: ${advice}`] : []),
    ...(isNews && replayCommand !== undefined ? [`replay: ${replayCommand}`] : []),
  ].join("\n");
}

function command(level: "error" | "warning" | "notice", title: string, message: string): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
