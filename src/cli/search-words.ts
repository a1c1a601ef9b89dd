import type { CampaignSummary } from "../explore/campaign-summary.ts";
import type { PlanSize } from "../explore/shrink/plan-size.ts";
import type { SearchFinding } from "../explore/search-finding.ts";
import type { Paint } from "../report/reporter.ts";
import type { SettledFinding } from "./settled-findings.ts";
import { wrapWords } from "./wrap-words.ts";

const WIDTH = 120;
const INDENT = 12;

/** What a search came to, in lines: what was struck, what was judged. */
export function printTally({ tally, coverage }: CampaignSummary, paint: Paint): readonly string[] {
  const { fired, missed, failed } = tally.faults;
  const rules = Object.entries(tally.rules);
  const held = rules.filter(([, { violated, unknown }]) => violated === 0 && unknown === 0);
  const partly = rules.filter(([, { violated, unknown }]) => violated === 0 && unknown > 0);
  return [
    `faults      ${number(fired)} fired, ${number(missed)} missed, ${number(failed)} failed; ${plural(tally.discarded, "plan")} discarded, of which none fired`,
    ...(coverage === undefined
      ? []
      : [
          `places      ${coverage.struck} of ${coverage.cells} struck (point × kind × direction)`,
          ...listing("never", coverage.never, paint.faint),
        ]),
    `rules       ${held.length} of ${rules.length} held in every plan that exercised them`,
    ...listing(
      "undecided",
      partly.map(([rule, { holds, unknown }]) => `${rule} in ${number(unknown)} of ${number(holds + unknown)}`),
      paint.doubtful,
    ),
  ];
}

const LISTED_MAX = 12;

function listing(name: string, items: readonly string[], paint: (text: string) => string): readonly string[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, LISTED_MAX).join(", ");
  const more = items.length > LISTED_MAX ? ` and ${items.length - LISTED_MAX} more` : "";
  return [paint(`${name.padEnd(INDENT)}${wrapWords(`${shown}${more}`, { width: WIDTH - INDENT, indent: INDENT })}`)];
}

/** With what a finding is told. */
export type FindingWords = {
  /** Every finding of the search. */
  readonly all: readonly SearchFinding[];
  /** What a search is made of; `"plan"` where absent. */
  readonly unit?: "plan" | "cell";
  readonly paint: Paint;
};

/** One rule that was violated, by the smallest plan that shows it. */
export function printFinding(settled: SettledFinding, { all, unit = "plan", paint }: FindingWords): readonly string[] {
  const { finding, confirmed, known, shrunk, unmakeable } = settled;
  const { rule, verdict } = finding;
  const same = all.filter((one) => one.rule === rule);
  const first = Math.min(finding.number, ...same.map((one) => one.number));
  const plans = same.reduce((sum, one) => sum + one.plans, 0);
  const ways = same.length === 1 ? "" : ` in ${same.length} ways`;
  const head = `${rule} ${verdict.checker}: violated by ${plural(plans, unit)}${ways}, first by ${unit} ${number(first)}`;
  return [
    "",
    known === undefined ? paint.bad(head) : paint.doubtful(`${head} (known${wordsOfKnown(known)})`),
    ...indented(verdict.message),
    ...indented(`advice: ${verdict.advice}`),
    ...(finding.number === first ? [] : [`  ${unit}    ${number(finding.number)}`]),
    ...(shrunk === undefined ? [] : [`  shrunk  ${shrunkWords(shrunk)}`]),
    ...(confirmed === undefined ? [] : indented(confirmedWords(confirmed, { unseen: settled.unseen, unit }))),
    ...(unmakeable === undefined ? [] : indented(unmakeableWords(unmakeable, { unseen: settled.unseen, unit }))),
    `  replay  ${settled.replayCommand}`,
  ];
}

/** Where no part went, what is left of it is simpler. */
function shrunkWords({ before, after }: NonNullable<SettledFinding["shrunk"]>): string {
  const [from, to] = [wordsOfSize(before), wordsOfSize(after)];
  return from === to ? `${to}, with simpler details` : `${from} → ${to}`;
}

function wordsOfSize({ turns, calls, faults }: PlanSize): string {
  return [plural(turns, "turn"), plural(calls, "call"), plural(faults, "fault")].join(", ");
}

function wordsOfKnown({ issue, why }: NonNullable<SettledFinding["known"]>): string {
  const said = issue ?? why;
  return said === undefined ? "" : `: ${said}`;
}

type UnseenWays = { readonly unseen: readonly number[]; readonly unit: string };

function unmakeableWords(
  { backend, faults }: NonNullable<SettledFinding["unmakeable"]>,
  { unseen, unit }: UnseenWays,
): string {
  const others = unseen.length === 0 ? "" : `; not seen there: ${waysOf({ unseen, unit })}`;
  return `cannot be run on ${backend}, so nothing is said of it there: ${faults.join("; ")}${others}`;
}

function waysOf({ unseen, unit }: UnseenWays): string {
  const numbers = unseen.map(number).join(" and ");
  return unseen.length === 1 ? `the way of ${unit} ${numbers}` : `the ways of ${unit}s ${numbers}`;
}

function confirmedWords(
  { backend, violatedRuns, runs }: NonNullable<SettledFinding["confirmed"]>,
  { unseen, unit }: UnseenWays,
): string {
  const others = unseen.length === 0 ? "" : waysOf({ unseen, unit });
  if (violatedRuns === 0)
    return `not seen on ${backend} in ${plural(runs, "run")}${others === "" ? "" : `, nor ${others}`}`;
  const before = others === "" ? "" : `; ${others} ${unseen.length === 1 ? "was" : "were"} not seen there`;
  return `confirmed on ${backend}: violated in ${violatedRuns} of ${runs} runs${before}`;
}

function indented(text: string): readonly string[] {
  return [`  ${wrapWords(text, { width: WIDTH - 2, indent: 2 })}`];
}

/** The last line: what the search says. */
export function printVerdict(
  state: { readonly findings: number; readonly notes: readonly string[] },
  paint: Paint,
): string {
  if (state.findings > 0) return paint.bad(`${state.findings} ${state.findings === 1 ? "rule" : "rules"} violated`);
  if (state.notes.length > 0) return paint.doubtful(`undecided: ${state.notes.join("; ")}`);
  return paint.good("nothing was violated");
}

/** A number with a comma between thousands. */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** A number of things: `"1 plan"`, `"5,000 plans"`. */
export function plural(count: number, thing: string): string {
  return `${number(count)} ${thing}${count === 1 ? "" : "s"}`;
}
