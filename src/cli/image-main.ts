import { get } from "node:http";

import { HarnessError } from "../errors.ts";
import { type Command, type CommandContext, EXIT_WRONG_USE } from "./command.ts";
import { runProgram } from "./program.ts";
import { serveCommand } from "./serve-command.ts";
import { tapCommand } from "./tap-command.ts";

// What the image runs. It has the two servers alone, so that the image needs few of the packages.

/** Where the two servers tell that they are well, when their control APIs have their usual ports. */
const HEALTH_URLS = ["http://127.0.0.1:8476/connections", "http://127.0.0.1:8477/health"];

async function main([name = "", ...rest]: readonly string[], context: CommandContext): Promise<number> {
  if (name === "health") return (await isHealthy()) ? 0 : 1;
  const commands: readonly Command[] = [serveCommand, tapCommand];
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return await command.run(rest, context);
  if (name === "--help" || name === "") {
    context.print("The image runs serve, tap or health; each says more with --help.\n");
    return name === "" ? EXIT_WRONG_USE : 0;
  }
  throw new HarnessError("HARNESS_INVALID_OPTION", `The image has no command "${name}"; it has serve, tap and health.`);
}

async function isHealthy(): Promise<boolean> {
  const answers = HEALTH_URLS.map(
    async (url) =>
      await new Promise<boolean>((resolve) => {
        const request = get(url, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        });
        request.on("error", () => resolve(false));
      }),
  );
  return (await Promise.all(answers)).includes(true);
}

await runProgram(main);
