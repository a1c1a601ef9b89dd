import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { HarnessError } from "../errors.ts";
import type { ClientReference } from "../plan/scenario.ts";
import type { Client } from "../run/client.ts";
import { type Harness, pluginNamed } from "./harness.ts";

/**
 * Reads what a user gives for a client: a registered name, or a path or `file:` URL of a module.
 *
 * @example parseClientReference("./my-client.js", "/project") // { module: "file:///project/my-client.js" }
 */
export function parseClientReference(text: string, directory: string): ClientReference {
  if (text.startsWith("file:")) return { module: text };
  const looksLikePath = text.startsWith(".") || text.startsWith("/") || /\.[cm]?[jt]s$/.test(text);
  return looksLikePath ? { module: pathToFileURL(resolve(directory, text)).href } : { name: text };
}

/** What a function of the library takes for a client: a registered name or a path, a module's URL, or a reference. */
export type GivenClient = string | URL | ClientReference | Client;

/**
 * The reference that a given client stands for. Relative paths start from `where.directory`.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` for a client that was imported: on real sockets it runs in a process of
 * its own, and only its module gets there.
 */
export function clientReferenceOf(
  given: GivenClient,
  where: { readonly directory: string; readonly backend: string },
): ClientReference {
  if (typeof given === "string") return parseClientReference(given, where.directory);
  if ("href" in given) return { module: given.href };
  if (!("open" in given)) return given;
  throw new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The client "${given.name}" was given as an object. On the backend "${where.backend}" a client runs in a process of its own, where an imported object cannot go; only a simulation takes one. Give the module that exports it instead: new URL("./my-client.js", import.meta.url).`,
    { details: { client: given.name, backend: where.backend } },
  );
}

/**
 * What a run of the library is given for its client: the module, or the client itself where the backend takes one.
 *
 * @throws HarnessError the same as {@link clientReferenceOf} and {@link clientModuleOf}
 */
export function runnableClientOf(
  given: GivenClient,
  where: { readonly directory: string; readonly backend: string; readonly harness: Harness },
): string | Client {
  const isTaken = pluginNamed("backend", where.backend, where.harness.backends).surround !== undefined;
  if (isTaken && typeof given === "object" && "open" in given) return given;
  return clientModuleOf(clientReferenceOf(given, where), where.harness);
}

/**
 * The module that a reference stands for.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME` for a name that is not registered, `HARNESS_UNREADABLE_FILE` for a module
 * that is not there, `HARNESS_INVALID_CLIENT` for one that is no file.
 */
export function clientModuleOf(reference: ClientReference, harness: Harness): string {
  if ("module" in reference) {
    const path = pathOfModule(reference.module);
    if (path === undefined) {
      throw new HarnessError(
        "HARNESS_INVALID_CLIENT",
        `The client module "${reference.module}" is no file: URL with an absolute path. Write it as ${pathToFileURL("/srv/me/my-client.js").href}, or choose a client with --client.`,
        { details: { module: reference.module } },
      );
    }
    if (existsSync(path)) return reference.module;
    throw new HarnessError("HARNESS_UNREADABLE_FILE", `There is no client module at ${path}. Check the path.`, {
      details: { path },
    });
  }
  const module = harness.clients.get(reference.name);
  if (module !== undefined) return module;
  throw new HarnessError(
    "HARNESS_UNKNOWN_NAME",
    `There is no client named "${reference.name}". Registered: ${[...harness.clients.keys()].join(", ")}. A client of your own is given as a path, such as ./my-client.js.`,
    { details: { name: reference.name } },
  );
}

/** A reference as a user would type it. */
export function printClientReference(reference: ClientReference): string {
  return "module" in reference ? (pathOfModule(reference.module) ?? reference.module) : reference.name;
}

function pathOfModule(module: string): string | undefined {
  try {
    return fileURLToPath(module);
  } catch {
    return undefined;
  }
}
