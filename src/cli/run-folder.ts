import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import pino, { type Logger } from "pino";

import { HarnessError, messageOf } from "../errors.ts";

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
    const absolute = join(absoluteParent, name);
    const log = pino({ name: "cutwire" }, pino.destination({ dest: join(absolute, "harness.log"), sync: true }));
    return {
      path: relative(where.directory, absolute) || ".",
      log,
      folder(child) {
        mkdirSync(join(absolute, child), { recursive: true });
        return join(relative(where.directory, absolute), child);
      },
    };
  } catch (error) {
    throw new HarnessError(
      "HARNESS_UNWRITABLE_FILE",
      `Results cannot be stored in ${absoluteParent}: ${messageOf(error)}. Choose another folder with --out.`,
      { details: { path: absoluteParent }, cause: error },
    );
  }
}

const SAME_INSTANT_MAX = 1_000;

function makeUniqueFolder(parent: string, stamp: string): string {
  for (let attempt = 0; attempt < SAME_INSTANT_MAX; attempt += 1) {
    const name = attempt === 0 ? stamp : `${stamp}-${attempt}`;
    if (existsSync(join(parent, name))) continue;
    mkdirSync(join(parent, name));
    return name;
  }
  throw new Error(`${SAME_INSTANT_MAX} runs began at ${stamp}`);
}

function pointLatest(parent: string, name: string): void {
  const link = join(parent, "latest");
  rmSync(link, { force: true });
  symlinkSync(name, link, "dir");
}
