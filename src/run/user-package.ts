import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { HarnessError, systemCodeOf } from "../errors.ts";

/** An optional package that a client needs. */
export type OptionalPackage = {
  /** What is imported, for example `"openai/resources/responses/ws"`. */
  readonly specifier: string;
  /** What is installed, for example `"openai"`. */
  readonly name: string;
  /** Who needs it, for the message. */
  readonly neededBy: string;
};

/**
 * Loads an optional package: the user's own copy first, because that is the one to be tested.
 *
 * @throws HarnessError `HARNESS_MISSING_PACKAGE` with the command that installs it
 */
export async function importUserPackage(wanted: OptionalPackage): Promise<unknown> {
  const roots = [pathToFileURL(join(process.cwd(), "package.json")).href, import.meta.url];
  for (const root of roots) {
    const path = resolveFrom(root, wanted.specifier);
    if (path !== undefined) return { ...(await import(pathToFileURL(path).href)) };
  }
  throw new HarnessError(
    "HARNESS_MISSING_PACKAGE",
    `${wanted.neededBy} needs the package ${wanted.name}, which is not installed. Install it with: npm install ${wanted.name}`,
    { details: { package: wanted.name } },
  );
}

function resolveFrom(root: string, specifier: string): string | undefined {
  try {
    return createRequire(root).resolve(specifier);
  } catch (error) {
    if (systemCodeOf(error) === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
