import type { Paint } from "./reporter.ts";
import type { JudgedVerdict, KnownFinding, ScenarioReport } from "./run-report.ts";

/**
 * What there is to say of a scenario that did not go as expected, line by line: the faults that did not fire, each
 * finding with its witness and advice, where the trace is, and the command that has it again.
 */
export function scenarioWords(scenario: ScenarioReport, paint: Paint): readonly string[] {
  const open = scenario.verdicts.filter(({ judgement }) => judgement !== "as-expected");
  const unfired = scenario.faults.filter(({ state }) => state !== "fired");
  // What is undecided only because a fault did not fire is said once, by that fault.
  const isShown = ({ outcome, judgement }: JudgedVerdict): boolean =>
    outcome === "violated" || judgement === "missing-violation" || (outcome === "unknown" && unfired.length === 0);
  const shown = open.filter(isShown);
  const hidden = scenario.outcome === "not-exercised" ? [] : open.filter((verdict) => !isShown(verdict));
  const rest = hidden.map(({ rule, outcome }) => `${rule} ${outcome}`);
  return [
    paintOf(scenario.outcome, paint)(paint.strong(scenario.name)),
    `  ${paint.faint(scenario.why)}`,
    ...(scenario.notExercised === undefined ? [] : [`  ${paint.doubtful("not exercised")}: ${scenario.notExercised}`]),
    ...unfired.map(({ id, state, why }) => `  ${paint.doubtful(`fault ${id} ${state}`)}: ${why ?? "no reason given"}`),
    ...shown.flatMap((verdict) => verdictWords(verdict, paint)),
    ...(rest.length === 0 ? [] : [`  ${paint.faint(`also undecided: ${rest.join(", ")}`)}`]),
    ...(scenario.runs === 0 ? [] : [`  trace    ${scenario.directory}/history.jsonl`]),
    ...(scenario.replayCommand === undefined ? [] : [`  replay   ${paint.strong(scenario.replayCommand)}`]),
  ];
}

/** The colour of an outcome. */
export function paintOf(outcome: ScenarioReport["outcome"], paint: Paint): (text: string) => string {
  if (outcome === "as-expected") return paint.good;
  return outcome === "violated" ? paint.bad : paint.doubtful;
}

function verdictWords(verdict: JudgedVerdict, paint: Paint): readonly string[] {
  const { rule, checker, outcome, expected, judgement, message, advice, evidence, witness } = verdict;
  const isNews = outcome === "violated" && judgement !== "known-violation";
  const colour = isNews ? paint.bad : paint.doubtful;
  const expectation = expected === "holds" ? "" : ` (expected: ${expected})`;
  const known = verdict.known === undefined ? "" : ` (${knownWords(verdict.known)})`;
  const repeated =
    verdict.repeated === undefined ? "" : `, ${verdict.repeated.violatedRuns} of ${verdict.repeated.runs} runs`;
  return [
    `  ${colour(`${rule} ${checker}: ${outcome}`)}${expectation}${repeated}${known}`,
    `    ${message}`,
    ...(evidence.length === 0 ? [] : [`    witness: events ${evidence.join(", ")}`]),
    ...(witness ?? []).map((line) => `      ${paint.faint(line)}`),
    ...(outcome === "violated" ? [`    advice: ${advice}`] : []),
  ];
}

/** Why a finding is known, for a bracket behind it: `"known: #12, M11 forgets what it started"`. */
export function knownWords({ issue, why }: KnownFinding): string {
  const reasons = [issue, why].filter((text) => text !== undefined);
  return reasons.length === 0 ? "known" : `known: ${reasons.join(", ")}`;
}

/** A known finding that was not seen again, as a sentence. */
export function goneWords(finding: KnownFinding): string {
  const place = finding.scenario === undefined ? "these scenarios" : finding.scenario;
  return `${finding.rule} is no longer violated in ${place} (${knownWords(finding)}): take it out of the known findings`;
}
