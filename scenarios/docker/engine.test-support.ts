import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Why the suite cannot run here; undefined where it can. In CI it has to, and what is missing is a failure. */
export const WHY_SKIPPED: string | undefined = await findWhySkipped();

async function findWhySkipped(): Promise<string | undefined> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"]);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error);
    if (process.env["CI"] !== undefined) throw new Error(`CI has no container engine: ${why}`, { cause: error });
    console.warn(`\nEvery test of this file is skipped, because no container engine answers: ${why}\n`);
    return why;
  }
}

/** What a command in a workplace needs of this process's environment. Testcontainers leaves a lock where files are temporary. */
export const COMMAND_ENV: Readonly<Record<string, string>> = {
  TMPDIR: tmpdir(),
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        /^(CUTWIRE_|TESTCONTAINERS_|DOCKER_)/.test(entry[0]) && entry[1] !== undefined,
    ),
  ),
};

/** What stands in the engine: containers in any state, and networks, by their names. */
export async function standing(): Promise<readonly string[]> {
  const containers = await run("docker", ["ps", "--all", "--format", "container {{.Names}}"]);
  const networks = await run("docker", ["network", "ls", "--format", "network {{.Name}}"]);
  return `${containers.stdout}${networks.stdout}`.split("\n").filter(Boolean).toSorted();
}
