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
    const path = resolveFrom(root, wanted);
    if (path !== undefined) return { ...(await import(pathToFileURL(path).href)) };
  }
  throw missingPackage(wanted, `${wanted.name}, which is not installed`);
}

function resolveFrom(root: string, wanted: OptionalPackage): string | undefined {
  try {
    return createRequire(root).resolve(wanted.specifier);
  } catch (error) {
    if (systemCodeOf(error) === "MODULE_NOT_FOUND") return undefined;
    // Another copy will not do: this is the one to be tested.
    if (systemCodeOf(error) === "ERR_PACKAGE_PATH_NOT_EXPORTED") {
      throw missingPackage(wanted, `${wanted.name}, whose installed version has no ${wanted.specifier}`);
    }
    throw error;
  }
}

function missingPackage({ name, neededBy }: OptionalPackage, what: string): HarnessError {
  return new HarnessError(
    "HARNESS_MISSING_PACKAGE",
    `${neededBy} needs the package ${what}. Install it with: npm install ${name}`,
    { details: { package: name } },
  );
}
