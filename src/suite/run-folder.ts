import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import pino, { type Logger } from "pino";

import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";
import { withoutSecrets } from "./files.ts";

/** The folder of one command: `.cutwire/2026-11-23T05-11-16-123Z/`, with one folder in it for each scenario. */
export type RunFolder = {
  /** As a user would type it. */
  readonly path: string;
  /** What the harness did, as JSON Lines in `harness.log`. */
  readonly log: Logger;
  /** Makes a folder in it and answers its path. */
  folder(name: string): string;
};

/**
 * Makes the folder of a command, and lets `latest` beside it point there.
 *
 * @param parent The folder of all runs, `.cutwire` unless `--out` says otherwise.
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
 */
export function openRunFolder(
  parent: string,
  where: { readonly directory: string; readonly startedAt: string },
): RunFolder {
  const absoluteParent = resolve(where.directory, parent);
  const stamp = where.startedAt.replaceAll(/[:.]/g, "-");
  try {
    mkdirSync(absoluteParent, { recursive: true });
    const name = makeUniqueFolder(absoluteParent, stamp);
    pointLatest(absoluteParent, name);
    return folderAt(join(absoluteParent, name), where.directory);
  } catch (error) {
    throw unwritable(absoluteParent, error);
  }
}

/**
 * Makes a folder that was named, or goes on in it where it is there.
 *
 * @throws HarnessError `HARNESS_UNWRITABLE_FILE`
 */
export function openNamedFolder(path: string, { directory }: { readonly directory: string }): RunFolder {
  const absolute = resolve(directory, path);
  try {
    mkdirSync(absolute, { recursive: true });
    return folderAt(absolute, directory);
  } catch (error) {
    throw unwritable(absolute, error);
  }
}

function folderAt(absolute: string, directory: string): RunFolder {
  const destination = pino.destination({ dest: join(absolute, "harness.log"), sync: true });
  return {
    path: relative(directory, absolute) || ".",
    log: pino({ name: "cutwire", hooks: { streamWrite: withoutSecrets } }, destination),
    folder(child) {
      mkdirSync(join(absolute, child), { recursive: true });
      return join(relative(directory, absolute), child);
    },
  };
}

function unwritable(path: string, error: unknown): HarnessError {
  return new HarnessError(
    "HARNESS_UNWRITABLE_FILE",
    `Results cannot be stored in ${path}: ${messageOf(error)}. Choose another folder with --out.`,
    { details: { path }, cause: error },
  );
}

const SAME_INSTANT_MAX = 1_000;

function makeUniqueFolder(parent: string, stamp: string): string {
  for (let attempt = 0; attempt < SAME_INSTANT_MAX; attempt += 1) {
    const name = attempt === 0 ? stamp : `${stamp}-${attempt}`;
    if (makeFolder(join(parent, name))) return name;
  }
  throw new Error(`${SAME_INSTANT_MAX} runs began at ${stamp}`);
}

/** Whether it was made just now, and not there already: another command may make the same one at the same time. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Takes the old link's place in one step, so that commands that begin together do not meet without one. */
function pointLatest(parent: string, name: string): void {
  const link = join(parent, "latest");
  const next = join(parent, `latest.${name}.tmp`);
  symlinkSync(name, next, "dir");
  try {
    renameSync(next, link);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}
