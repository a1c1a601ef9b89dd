import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { HarnessError, messageOf } from "../errors.ts";
import { checkDocument, type DocumentNaming, parseDocument } from "../plan/document.ts";
import { type Configuration, ConfigurationSchema } from "./configuration.ts";
import { resolvePaths } from "./configured-paths.ts";

/** The names that a configuration is looked for by, in the working directory. */
export const CONFIGURATION_FILES: readonly string[] = ["ts", "mts", "js", "mjs", "json"].map(
  (ending) => `cutwire.config.${ending}`,
);

/**
 * Reads the configuration of a project; an empty one where it has none. All paths in the answer are absolute.
 *
 * @param file Read instead of what is looked for; it has to exist.
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_CONFIGURATION` with every problem and its path
 */
export async function loadConfiguration(directory: string, file?: string): Promise<Configuration> {
  const name = file ?? findFile(directory);
  if (name === undefined) return {};
  const path = resolve(directory, name);
  if (!existsSync(path)) {
    throw new HarnessError("HARNESS_UNREADABLE_FILE", `There is no configuration at ${path}. Check the path.`, {
      details: { path },
    });
  }
  return resolvePaths(await readConfiguration(path, name), dirname(path));
}

function findFile(directory: string): string | undefined {
  const [first, second] = CONFIGURATION_FILES.filter((name) => existsSync(join(directory, name)));
  if (second === undefined) return first;
  throw new HarnessError(
    "HARNESS_INVALID_CONFIGURATION",
    `There are two configurations, ${first} and ${second}. Keep one, or choose with --config.`,
    { details: { directory } },
  );
}

async function readConfiguration(path: string, source: string): Promise<Configuration> {
  const naming: DocumentNaming = { what: "configuration", source, code: "HARNESS_INVALID_CONFIGURATION" };
  if (path.endsWith(".json")) return parseDocument(readFileSync(path, "utf8"), ConfigurationSchema, naming);
  const content = await importDefault(path, source);
  if (content !== undefined) return checkDocument(content, ConfigurationSchema, naming);
  throw new HarnessError(
    "HARNESS_INVALID_CONFIGURATION",
    `${source} has no default export. Write: export default { client: "./my-client.js" };`,
    { details: { source } },
  );
}

async function importDefault(path: string, source: string): Promise<unknown> {
  try {
    const loaded = await importModule(path);
    return typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  } catch (error) {
    throw new HarnessError("HARNESS_INVALID_CONFIGURATION", `${source} cannot be loaded: ${messageOf(error)}.`, {
      details: { source },
      cause: error,
    });
  }
}

async function importModule(path: string): Promise<unknown> {
  if (/\.m?js$/.test(path)) return { ...(await import(pathToFileURL(path).href)) };
  // Without a cache: nothing is left behind, neither in the project nor in the temporary folder.
  const { createJiti } = await import("jiti");
  return await createJiti(import.meta.url, { fsCache: false }).import(path);
}
