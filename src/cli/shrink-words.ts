import type { PlanSize } from "../explore/shrink/plan-size.ts";
import type { ShrinkOutcome } from "../explore/shrink/shrink-reproduction.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import { describeAnchor } from "../plan/trigger.ts";
import type { Paint } from "../report/reporter.ts";
import { violatedRulesOf } from "../reproduce/confirm.ts";
import type { Reproduction } from "../reproduce/reproduction.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";

/** What was asked for, as it is to be told. */
export type ShrinkRequest = {
  readonly reproduction: Reproduction;
  readonly file: string;
  /** Where the smaller reproduction is, if there is one. */
  readonly out: string;
  /** The time that was given, as it was typed. */
  readonly given: string;
  readonly paint: Paint;
};

type Searched = Extract<ShrinkOutcome, { readonly before: PlanSize }>;

/** The exit code of a search that was not interrupted (DESIGN §3). */
export function shrinkExitCode({ outcome }: ShrinkOutcome): number {
  if (outcome === "smaller") return 0;
  return outcome === "nothing-smaller" ? 2 : 3;
}

/** What came of shrinking, for standard output. */
export function printShrinking(outcome: ShrinkOutcome, request: ShrinkRequest): string {
  switch (outcome.outcome) {
    case "smaller":
      return linesOf(smallerWords(outcome, request));
    case "nothing-smaller":
      return linesOf(nothingSmallerWords(outcome, request));
    case "gone":
      return linesOf(goneWords(outcome, request));
    case "stopped":
      return linesOf([
        request.paint.bad("could not shrink: it was ended before the plan as it is had been run often enough"),
        `  ${request.file} is as it was; give it longer with --for`,
      ]);
  }
}

function linesOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function smallerWords(outcome: Searched, { reproduction, out, given, paint }: ShrinkRequest): readonly string[] {
  const { before, size, plan, rule } = outcome;
  const others = reproduction.verdicts.map((verdict) => verdict.rule).filter((one) => one !== rule);
  const rows = (["sessions", "turns", "calls", "faults"] as const).map((part) => row(part, before[part], size[part]));
  return [
    paint.good(`smaller: ${rule} is still violated, with the same witness`),
    `            before   after`,
    ...rows,
    row("bytes", before.sizeBytes, size.sizeBytes),
    ...plan.faults.map((fault) => `  left: ${describeFault(fault)}`),
    `  ${endWords(outcome, given)}`,
    ...(others.length === 0 ? [] : [`  not looked after: ${[...new Set(others)].join(", ")}; choose with --rule`]),
    `plan     ${out}`,
    `replay   npx cutwire replay ${quoteShellWord(out)}`,
  ];
}

function row(name: string, before: number, after: number): string {
  return `  ${name.padEnd(8)}${String(before).padStart(8)}${String(after).padStart(8)}`;
}

/** `fault cut: cut at P6 of session 0`. */
function describeFault({ id, fault, when }: ScheduledFault): string {
  const { session } = when.place;
  return `fault ${id}: ${fault.kind} ${describeAnchor(when.at)} of ${session === "all" ? "all sessions" : `session ${session}`}`;
}

function nothingSmallerWords(outcome: Searched, { file, given, paint }: ShrinkRequest): readonly string[] {
  return [
    paint.doubtful(`nothing smaller found: ${outcome.rule} is violated by the plan as it is`),
    `  ${endWords(outcome, given)}`,
    `  ${file} is as it was`,
  ];
}

function endWords({ endedBy, tried, outcome }: Searched, given: string): string {
  const plans = `${tried} smaller ${tried === 1 ? "plan was" : "plans were"} tried`;
  switch (endedBy) {
    case "nothing-left":
      return outcome === "smaller"
        ? `${plans}; whatever else could be left out, the failure goes with it`
        : `${plans}, and with none of them does it fail like this`;
    case "tries":
      return `${plans}, as many as --tries allows; there are more`;
    case "signal":
      return `${plans} until it was ended (--for ${given}); there may be more`;
  }
}

function goneWords(
  { runs, rules }: Extract<ShrinkOutcome, { readonly outcome: "gone" }>,
  { reproduction, file, paint }: ShrinkRequest,
): readonly string[] {
  const count = (rule: string): number => runs.filter((run) => violatedRulesOf(run).includes(rule)).length;
  const others = [...new Set(runs.flatMap(violatedRulesOf))].filter((rule) => !rules.includes(rule));
  const unfired = runs.flatMap(({ faults }) => faults).find(({ state }) => state !== "fired");
  return [
    paint.bad("could not shrink: the plan as it is does not fail as its file says"),
    ...rules.map((rule) => `  ${rule}: violated in ${count(rule)} of ${runs.length}`),
    ...(others.length === 0 ? [] : [`  violated instead: ${others.join(", ")}`]),
    ...(unfired === undefined ? [] : [`  fault ${unfired.id} ${unfired.state}: ${unfired.why ?? "no reason given"}`]),
    `  written by cutwire ${reproduction.versions["cutwire"] ?? "of unknown version"} on ${reproduction.backend}; see npx cutwire replay ${quoteShellWord(file)}`,
  ];
}
