#!/usr/bin/env node
// First of all, because it has to come before ws is loaded.
import "../simulation/register.ts";

import { HarnessError } from "../errors.ts";
import { versionsInUse } from "../suite/versions.ts";
import { type Command, type CommandContext, EXIT_WRONG_USE } from "./command.ts";
import { runProgram } from "./program.ts";

/** Loaded when asked for: a command does not wait for the packages of the others. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run-command.ts")).runCommand,
  explore: async () => (await import("./explore-command.ts")).exploreCommand,
  sweep: async () => (await import("./sweep-command.ts")).sweepCommand,
  herd: async () => (await import("./herd-command.ts")).herdCommand,
  merge: async () => (await import("./merge-command.ts")).mergeCommand,
  missing: async () => (await import("./missing-command.ts")).missingCommand,
  replay: async () => (await import("./replay-command.ts")).replayCommand,
  shrink: async () => (await import("./shrink-command.ts")).shrinkCommand,
  accept: async () => (await import("./accept-command.ts")).acceptCommand,
  check: async () => (await import("./check-command.ts")).checkCommand,
  list: async () => (await import("./list-command.ts")).listCommand,
  proxy: async () => (await import("./proxy-command.ts")).proxyCommand,
  serve: async () => (await import("./serve-command.ts")).serveCommand,
  tap: async () => (await import("./tap-command.ts")).tapCommand,
};

async function helpText(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return `cutwire COMMAND [options]

Cuts, stalls and mangles the wire under an agent's WebSocket session, and proves that no tool result was lost or run twice.

${commands.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

"cutwire COMMAND --help" tells more about each. Start with: npx cutwire run
`;
}

async function main(args: readonly string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    context.print(await helpText());
    return name === undefined ? EXIT_WRONG_USE : 0;
  }
  if (name === "--version") {
    context.print(`${versionsInUse()["cutwire"] ?? "unknown"}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load !== undefined) return await (await load()).run(rest, context);
  throw new HarnessError("HARNESS_INVALID_OPTION", `There is no command "${name}". "cutwire --help" lists them.`);
}

await runProgram(main);
