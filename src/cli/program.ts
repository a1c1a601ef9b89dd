import { HarnessError, systemCodeOf } from "../errors.ts";
import { type CommandContext, EXIT_HARNESS_FAILED, EXIT_INTERRUPTED, EXIT_WRONG_USE } from "./command.ts";
import { describeFailure } from "./failure-words.ts";
import { createPaint } from "./paint.ts";

/** Runs the process of a command: gives it its surroundings, and makes what comes of it the exit code. */
export async function runProgram(
  main: (args: readonly string[], context: CommandContext) => Promise<number>,
): Promise<void> {
  process.on("uncaughtException", (error) => process.exit(reportFailure(error)));
  // Whoever reads may leave early, as "head" does; what was found is stored all the same.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      if (systemCodeOf(error) !== "EPIPE") throw error;
    });
  }
  try {
    process.exitCode = await main(process.argv.slice(2), {
      directory: process.cwd(),
      paint: createPaint(process.stdout.isTTY),
      print: (text) => process.stdout.write(text),
      note: (text) => process.stderr.write(`${text}\n`),
      signal: listenForSignals(),
    });
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}

/** The first Ctrl-C ends the runs and keeps what was found; the second one does not wait for that. */
function listenForSignals(): AbortSignal {
  const interrupting = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (interrupting.signal.aborted) process.exit(EXIT_INTERRUPTED);
      interrupting.abort(name);
    });
  }
  return interrupting.signal;
}

function reportFailure(error: unknown): number {
  process.stderr.write(`${describeFailure(error)}\n`);
  return error instanceof HarnessError ? EXIT_WRONG_USE : EXIT_HARNESS_FAILED;
}
