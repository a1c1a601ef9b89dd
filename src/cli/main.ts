#!/usr/bin/env node
// First of all, because it has to come before ws is loaded.
import "../simulation/register.ts";

import { HarnessError } from "../errors.ts";
import { versionsInUse } from "../suite/versions.ts";
import { acceptCommand } from "./accept-command.ts";
import { checkCommand } from "./check-command.ts";
import { type Command, type CommandContext, EXIT_WRONG_USE } from "./command.ts";
import { exploreCommand } from "./explore-command.ts";
import { herdCommand } from "./herd-command.ts";
import { listCommand } from "./list-command.ts";
import { mergeCommand } from "./merge-command.ts";
import { missingCommand } from "./missing-command.ts";
import { runProgram } from "./program.ts";
import { proxyCommand } from "./proxy-command.ts";
import { replayCommand } from "./replay-command.ts";
import { runCommand } from "./run-command.ts";
import { serveCommand } from "./serve-command.ts";
import { shrinkCommand } from "./shrink-command.ts";
import { sweepCommand } from "./sweep-command.ts";
import { tapCommand } from "./tap-command.ts";

const COMMANDS: readonly Command[] = [
  runCommand,
  exploreCommand,
  sweepCommand,
  herdCommand,
  mergeCommand,
  missingCommand,
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

await runProgram(main);
