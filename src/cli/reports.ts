import { join, resolve } from "node:path";

import { REPORTERS } from "../built-ins.ts";
import type { Reporter } from "../report/reporter.ts";
import type { RunReport } from "../report/run-report.ts";
import { pluginNamed } from "../reproduce/harness.ts";
import { writeTextFile } from "../suite/files.ts";
import type { RunFolder } from "../suite/run-folder.ts";
import type { CommandContext } from "./command.ts";

/** A reporter, and the file that it writes to; standard output where there is none. */
export type ChosenReporter = { readonly reporter: Reporter; readonly file: string | undefined };

/**
 * Reads what `--reporter` is given.
 *
 * @example parseReporter("junit=results.xml")
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`
 */
export function parseReporter(text: string): ChosenReporter {
  const [name = "", ...rest] = text.split("=");
  const reporter = pluginNamed("reporter", name, REPORTERS);
  return { reporter, file: rest.length === 0 ? undefined : rest.join("=") };
}

/**
 * Hands a report to every reporter that was chosen, to the console where none was, and as JSON into the run's folder.
 *
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
 */
export function deliverReport(
  report: RunReport,
  chosen: readonly ChosenReporter[],
  { context, folder }: { readonly context: CommandContext; readonly folder: RunFolder },
): void {
  const json = pluginNamed("reporter", "json", REPORTERS);
  writeTextFile(join(folder.path, "report.json"), json.render(report, context));
  const reporters = chosen.length > 0 ? chosen : [parseReporter("console")];
  for (const { reporter, file } of reporters) {
    const text = reporter.render(report, context);
    if (file === undefined) context.print(text);
    else writeTextFile(resolve(context.directory, file), text);
  }
}
