import { fileURLToPath } from "node:url";

import { HarnessError, messageOf, systemCodeOf } from "../../errors.ts";
import { isJsonObject } from "../../protocol/json.ts";
import type { Client } from "../client.ts";

/**
 * Loads the client that a module exports, as `client` or as its default export.
 *
 * @param module A `file:` URL. TypeScript is loaded as it is, without a build.
 * @throws HarnessError `HARNESS_INVALID_CLIENT` where the module cannot be loaded or exports no client.
 */
export async function loadClient(module: string): Promise<Client> {
  const path = fileURLToPath(module);
  const loaded = await importModule(module, path);
  const candidate = isJsonObject(loaded) ? (loaded["client"] ?? loaded["default"]) : undefined;
  const problem = problemOf(candidate);
  if (isClient(candidate) && problem === undefined) return candidate;
  throw new HarnessError(
    "HARNESS_INVALID_CLIENT",
    `${path} exports no client: ${problem}. Export { name, contract, open } as "client" or as the default export.`,
    { details: { module } },
  );
}

async function importModule(module: string, path: string): Promise<unknown> {
  try {
    // What runs as it stands is imported by Node itself, so that a client is judged without a transpiler in between.
    if (/\.[cm]?js$/.test(path)) return { ...(await import(module)) };
    const { createJiti } = await import("jiti");
    return await createJiti(import.meta.url).import(path);
  } catch (error) {
    if (error instanceof HarnessError) throw error;
    const isMissing = systemCodeOf(error) === "ERR_MODULE_NOT_FOUND" || systemCodeOf(error) === "MODULE_NOT_FOUND";
    const hint = isMissing ? " Check the path, and that the packages it imports are installed." : "";
    throw new HarnessError("HARNESS_INVALID_CLIENT", `${path} cannot be loaded: ${messageOf(error)}.${hint}`, {
      details: { module },
      cause: error,
    });
  }
}

function problemOf(candidate: unknown): string | undefined {
  if (!isJsonObject(candidate)) return "neither `client` nor the default export is an object";
  if (typeof candidate["name"] !== "string" || candidate["name"] === "") return "its `name` is not a text";
  if (!isJsonObject(candidate["contract"])) return "its `contract` is not an object ({} promises the defaults)";
  if (typeof candidate["open"] !== "function") return "its `open` is not a function";
  return undefined;
}

function isClient(candidate: unknown): candidate is Client {
  return problemOf(candidate) === undefined;
}
