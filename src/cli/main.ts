#!/usr/bin/env node
// First of all, because it has to come before ws is loaded.
import "../simulation/register.ts";

import { HarnessError, systemCodeOf } from "../errors.ts";
import { versionsInUse } from "../suite/versions.ts";
import { acceptCommand } from "./accept-command.ts";
import { checkCommand } from "./check-command.ts";
import { type Command, type CommandContext, EXIT_HARNESS_FAILED, EXIT_INTERRUPTED, EXIT_WRONG_USE } from "./command.ts";
import { describeFailure } from "./failure-words.ts";
import { listCommand } from "./list-command.ts";
import { createPaint } from "./paint.ts";
import { proxyCommand } from "./proxy-command.ts";
import { replayCommand } from "./replay-command.ts";
import { runCommand } from "./run-command.ts";
import { serveCommand } from "./serve-command.ts";
import { shrinkCommand } from "./shrink-command.ts";
import { tapCommand } from "./tap-command.ts";

const COMMANDS: readonly Command[] = [
  runCommand,
  replayCommand,
  shrinkCommand,
  acceptCommand,
  checkCommand,
  listCommand,
  proxyCommand,
  serveCommand,
  tapCommand,
];

const HELP = `cutwire COMMAND [options]

Cuts, stalls and mangles the wire under an agent's WebSocket session, and proves that no tool result was lost or run twice.

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

"cutwire COMMAND --help" tells more about each. Start with: npx cutwire run
`;

async function main(args: readonly string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    context.print(HELP);
    return name === undefined ? EXIT_WRONG_USE : 0;
  }
  if (name === "--version") {
    context.print(`${versionsInUse()["cutwire"] ?? "unknown"}\n`);
    return 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return await command.run(rest, context);
  throw new HarnessError("HARNESS_INVALID_OPTION", `There is no command "${name}". "cutwire --help" lists them.`);
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
