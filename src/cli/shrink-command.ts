import { accessSync, constants } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

import type { Clock } from "../determinism/clock.ts";
import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError, messageOf } from "../errors.ts";
import type { PlanSize } from "../explore/shrink/plan-size.ts";
import { type ShrinkOutcome, shrinkReproduction } from "../explore/shrink/shrink-reproduction.ts";
import { parseReproduction, type Reproduction } from "../reproduce/reproduction.ts";
import { readTextFile, writeTextFile } from "../suite/files.ts";
import { versionsInUse } from "../suite/versions.ts";
import { type GivenArguments, type OptionTable, readArguments } from "./arguments.ts";
import { type Command, type CommandContext, EXIT_INTERRUPTED } from "./command.ts";
import { readDuration } from "./duration.ts";
import { openProject } from "./project.ts";
import { printShrinking, shrinkExitCode } from "./shrink-words.ts";

const OPTIONS: OptionTable = {
  backend: { type: "string" },
  rule: { type: "string" },
  for: { type: "string", default: "60s" },
  tries: { type: "string" },
  out: { type: "string" },
  config: { type: "string" },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire shrink FILE

Makes the plan of a reproduction file as small as it can be while it still fails the same way: it leaves out sessions,
faults, turns and tool calls, then simplifies what is left: lower numbers, shorter texts, earlier places. Client, contract
and seed stay as they are. A smaller plan counts only if the same rule is violated and its witness looks the same, so that
you do not end up with another bug; on a wall clock, in two of three runs.

  --for TIME         how long to look, as 500ms, 60s, 10m or 2h (default: 60s)
  --tries N          how many smaller plans to try at most (default: 10000)
  --backend NAME     another backend than the one in the file
  --rule RULE        which violation to keep (default: the first one of the file that is still there)
  --out FILE         where the smaller reproduction goes (default: FILE.min.json beside FILE.json)
  --config FILE      another configuration than cutwire.config.ts, .js or .json

The smallest plan so far is written as soon as it is found, so Ctrl-C loses nothing. Where the time was over too soon, go on
from there: shrink the file that was written.

Examples
  npx cutwire shrink failure.json
  npx cutwire shrink failure.json --for 10m --out scenarios/regressions/lost-result.json
  npx cutwire shrink failure.json --backend simulation        in virtual time: many more tries in the same time
  npx cutwire shrink failure.json --rule INV-03               of the rules in the file, this one

Exit codes: 0 a smaller plan was written, 2 nothing smaller was found, 3 could not shrink: the file cannot be read, or its
own plan does not fail any more; 4 cutwire itself failed, 130 interrupted (the smallest plan so far is kept).
`;

/** `cutwire shrink`: the smallest plan that still fails the same way. */
export const shrinkCommand: Command = {
  name: "shrink",
  summary: "make the plan of a reproduction file as small as it can be",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "shrink");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const [file, ...rest] = given.positionals;
    if (file === undefined || rest.length > 0) {
      throw new HarnessError("HARNESS_INVALID_OPTION", "Give one reproduction file: cutwire shrink FILE.");
    }
    const reproduction = parseReproduction(readTextFile(resolve(context.directory, file)), file);
    const out = given.text("out") ?? outBeside(file);
    const outcome = await shrink(reproduction, { given, context, out });
    context.print(
      printShrinking(outcome, { reproduction, file, out, given: given.text("for") ?? "", paint: context.paint }),
    );
    return context.signal.aborted ? EXIT_INTERRUPTED : shrinkExitCode(outcome);
  },
};

/** `failure.json` becomes `failure.min.json`; what is called that already is only ever replaced by something smaller. */
function outBeside(file: string): string {
  return join(dirname(file), `${basename(file).replace(/(\.min)?\.json$/, "")}.min.json`);
}

async function shrink(
  reproduction: Reproduction,
  { given, context, out }: { readonly given: GivenArguments; readonly context: CommandContext; readonly out: string },
): Promise<ShrinkOutcome> {
  const forMs = readDuration(given.text("for") ?? "", "for");
  const triesMax = given.count("tries", { least: 1, most: 1_000_000, fallback: 10_000 });
  const { harness } = await openProject(given, context);
  const backend = given.text("backend");
  const rule = given.text("rule");
  const path = relative(context.directory, resolve(context.directory, out));
  refuseUnwritable(dirname(resolve(context.directory, out)), out);
  const time = openTimeLimit(harness.clock, forMs);
  try {
    return await shrinkReproduction(reproduction, {
      harness,
      triesMax,
      ...(backend === undefined ? {} : { backend }),
      ...(rule === undefined ? {} : { rule }),
      signal: AbortSignal.any([context.signal, time.signal]),
      versions: versionsInUse(),
      onFirstRun: (run, of) => context.note(`the plan as it is: run ${run} of at most ${of}`),
      onSmaller(smaller, { size, tried }) {
        writeTextFile(path, `${stableJson(smaller, 2)}\n`);
        context.note(`try ${tried}: ${describeSize(size)}`);
      },
    });
  } finally {
    time.close();
  }
}

/** Says before a search of minutes what would else be said at its first success. */
function refuseUnwritable(folder: string, out: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new HarnessError(
      "HARNESS_UNWRITABLE_FILE",
      `${out} cannot be written: ${messageOf(error)}. Make its folder, or choose another place with --out.`,
      { details: { path: out }, cause: error },
    );
  }
}

function describeSize(size: PlanSize): string {
  const parts = (["session", "turn", "call", "fault"] as const).map((part) => {
    const count = size[`${part}s`];
    return `${count} ${part}${count === 1 ? "" : "s"}`;
  });
  return `${parts.join(", ")}, ${size.sizeBytes} bytes`;
}

function openTimeLimit(clock: Clock, ms: number): { readonly signal: AbortSignal; close(): void } {
  const limit = new AbortController();
  const timer = clock.startTimer(ms, () => limit.abort("the time is over"));
  return { signal: limit.signal, close: () => timer.cancel() };
}
