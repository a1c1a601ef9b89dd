import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { messageOf } from "../errors.ts";

/** The folder that package.json stands in. */
export const REPOSITORY_ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

// Every test project loads this module for itself, so what they share hangs on the process.
const BUILD: unique symbol = Symbol.for("cutwire.house.build");
const shared: typeof globalThis & { [BUILD]?: Promise<void> } = globalThis;

/**
 * Builds `dist` once per test run, for the projects that test the package as a user gets it.
 *
 * Vitest calls it before the first test of each such project; further calls wait for the first build. A build that
 * fails ends the run with the compiler's words, so that no test ever runs against an old `dist`.
 */
export async function setup(): Promise<void> {
  shared[BUILD] ??= build();
  await shared[BUILD];
}

async function build(): Promise<void> {
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  try {
    await promisify(execFile)(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: REPOSITORY_ROOT });
  } catch (thrown) {
    const output = typeof thrown === "object" && thrown !== null && "stdout" in thrown ? String(thrown.stdout) : "";
    throw new Error(`The package could not be built. Run npm run build.\n${output}${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}
