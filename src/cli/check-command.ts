import { relative, resolve } from "node:path";

import { CHECKERS } from "../built-ins.ts";
import { checkHistory } from "../check/check-history.ts";
import type { Outcome, Verdict } from "../check/verdict.ts";
import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import { witnessOf } from "../check/witness-shape.ts";
import { describeEvent } from "../history/event-words.ts";
import type { Paint } from "../report/reporter.ts";
import { readStoredRun, type StoredRun } from "../suite/stored-run.ts";
import { type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";

const OPTIONS: OptionTable = {
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire check DIR

Judges a stored run again with the checkers of this release, without running anything, and says what has changed since. DIR
is the folder of one run: it holds plan.json, history.jsonl and result.json.

  --json   the verdicts as JSON

Examples
  npx cutwire check .cutwire/latest/cut-after-call-done
  npx cutwire check .cutwire/latest/cut-after-call-done/confirm-2

Exit codes: 0 nothing is violated, 1 something is, 2 undecided, 3 wrong use, 4 cutwire itself failed.
`;

/** `cutwire check`: a stored run, judged again. */
export const checkCommand: Command = {
  name: "check",
  summary: "judge a stored run again, without running anything",
  help: HELP,
  run(args, context) {
    const given = readArguments(args, OPTIONS, "check");
    if (given.flag("help")) {
      context.print(HELP);
      return Promise.resolve(0);
    }
    const [folder, ...rest] = given.positionals;
    if (folder === undefined || rest.length > 0) {
      throw new HarnessError("HARNESS_INVALID_OPTION", "Give the folder of one run: cutwire check DIR.");
    }
    const stored = readStoredRun(relative(context.directory, resolve(context.directory, folder)) || ".");
    const verdicts = checkHistory(stored.input, CHECKERS);
    context.print(given.flag("json") ? `${stableJson(verdicts, 2)}\n` : printVerdicts(verdicts, stored, context));
    return Promise.resolve(exitCodeOf(verdicts));
  },
};

function exitCodeOf(verdicts: readonly Verdict[]): number {
  const has = (outcome: Outcome): boolean => verdicts.some((verdict) => verdict.outcome === outcome);
  if (has("violated")) return 1;
  return has("unknown") ? 2 : 0;
}

function printVerdicts(verdicts: readonly Verdict[], stored: StoredRun, { paint }: CommandContext): string {
  const lines = verdicts.flatMap((verdict) => {
    const { rule, checker, outcome, message, advice, evidence } = verdict;
    const before = stored.verdicts.find((one) => one.rule === rule)?.outcome ?? "not judged";
    const change = before === outcome ? "" : paint.strong(` (was: ${before})`);
    const head = `${paintOf(outcome, paint)(`${rule} ${checker}: ${outcome}`)}${change}`;
    if (outcome === "holds" || outcome === "not-exercised") return [head];
    const witness = witnessOf(evidence, stored.input.history).map((event) => `    ${describeEvent(event)}`);
    return [head, `  ${message}`, ...witness, ...(outcome === "violated" ? [`  advice: ${advice}`] : [])];
  });
  return `${lines.join("\n")}\n`;
}

function paintOf(outcome: Outcome, paint: Paint): (text: string) => string {
  if (outcome === "violated") return paint.bad;
  return outcome === "unknown" ? paint.doubtful : paint.good;
}
