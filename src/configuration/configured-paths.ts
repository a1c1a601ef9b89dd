import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import type { Configuration } from "./configuration.ts";

/** The same configuration with every path absolute, as seen from its folder; clients become `file:` URLs. */
export function resolvePaths(configuration: Configuration, folder: string): Configuration {
  const { clients, client, contracts, scenarios, reporters, known, out } = configuration;
  const moduleOf = (path: string): string =>
    path.startsWith("file:") ? path : pathToFileURL(resolve(folder, path)).href;
  const choiceOf = (text: string): string => (isPath(text) ? moduleOf(text) : text);
  return {
    ...configuration,
    ...(clients === undefined
      ? {}
      : { clients: Object.fromEntries(Object.entries(clients).map(([name, path]) => [name, moduleOf(path)])) }),
    ...(client === undefined ? {} : { client: choiceOf(client) }),
    ...(contracts === undefined
      ? {}
      : { contracts: Object.fromEntries(Object.entries(contracts).map(([name, said]) => [choiceOf(name), said])) }),
    ...(scenarios === undefined ? {} : { scenarios: scenarios.map((name) => pathOfScenario(name, folder)) }),
    ...(reporters === undefined ? {} : { reporters: reporters.map((text) => pathOfReporter(text, folder)) }),
    ...(known === undefined ? {} : { known: resolve(folder, known) }),
    ...(out === undefined ? {} : { out: resolve(folder, out) }),
  };
}

// A client that is registered has a plain name.
function isPath(text: string): boolean {
  return text.startsWith(".") || text.startsWith("/") || /\.[cm]?[jt]s$/.test(text);
}

// A scenario that comes with cutwire has a plain name.
function pathOfScenario(name: string, folder: string): string {
  return name.includes("/") || name.endsWith(".json") ? resolve(folder, name) : name;
}

function pathOfReporter(text: string, folder: string): string {
  const [name = "", ...rest] = text.split("=");
  return rest.length === 0 ? name : `${name}=${resolve(folder, rest.join("="))}`;
}
