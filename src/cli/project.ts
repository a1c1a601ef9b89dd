import { resolve } from "node:path";

import { createHarness } from "../built-ins.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import type { Contract } from "../plan/contract.ts";
import type { ClientReference } from "../plan/scenario.ts";
import { parseKnownFindings } from "../report/known-findings.ts";
import { clientModuleOf, parseClientReference } from "../reproduce/client-module.ts";
import { type Harness, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { readTextFile } from "../suite/files.ts";
import type { RunSettings } from "../suite/scenario-run.ts";
import type { GivenArguments, OptionTable } from "./arguments.ts";
import type { CommandContext } from "./command.ts";
import { EXTERNAL_OPTIONS, externalPlaceOf } from "./external-place.ts";
import { readContract } from "./contract-option.ts";

/** The options of commands that run scenarios; what is absent is asked of the project's configuration. */
export const PROJECT_OPTIONS: OptionTable = {
  config: { type: "string" },
  client: { type: "string" },
  backend: { type: "string" },
  target: { type: "string" },
  contract: { type: "string" },
  known: { type: "string" },
  confirm: { type: "string" },
  out: { type: "string" },
  "sessions-max": { type: "string" },
  ...EXTERNAL_OPTIONS,
};

/** What a project says of itself, and the plug-ins together with its own clients. */
export type Project = { readonly configuration: Configuration; readonly harness: Harness };

/**
 * Reads the configuration of the folder that a command works in, or the one that `--config` names.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE`, `HARNESS_INVALID_CONFIGURATION`
 */
export async function openProject(given: GivenArguments, { directory }: CommandContext): Promise<Project> {
  const configuration = await loadConfiguration(directory, given.text("config"));
  const external = externalPlaceOf(given);
  const containerSessionsMax = given.count("sessions-max", { least: 1, most: 256, fallback: 32 });
  const harness = createHarness({ containerSessionsMax, ...(external === undefined ? {} : { external }) });
  const clients = new Map([...harness.clients, ...Object.entries(configuration.clients ?? {})]);
  return { configuration, harness: { ...harness, clients } };
}

/**
 * With what scenarios are run: what the command line says, else the configuration, else the default.
 *
 * @param context `backend` is what a command runs on that is about one kind of backend, whatever the configuration says.
 * @throws HarnessError where a name is not registered, or a file is missing or wrong
 */
export function settingsOf(
  given: GivenArguments,
  { configuration, harness }: Project,
  context: CommandContext & { readonly backend?: string },
): Omit<RunSettings, "folder"> {
  const client = parseClientReference(given.text("client") ?? configuration.client ?? "reference", context.directory);
  const backend = given.text("backend") ?? context.backend ?? configuration.backend ?? "embedded";
  const target = given.text("target") ?? configuration.target ?? "reference";
  clientModuleOf(client, harness);
  pluginNamed("backend", backend, harness.backends);
  targetNamed(target, harness);
  const stated = given.text("contract");
  const contract = stated === undefined ? contractOf(client, configuration) : readContract(stated, context.directory);
  const known = given.text("known") ?? configuration.known;
  return {
    client,
    backend,
    target,
    signal: context.signal,
    ...(contract === undefined ? {} : { contract }),
    ...(known === undefined
      ? {}
      : { known: parseKnownFindings(readTextFile(resolve(context.directory, known)), known) }),
  };
}

function contractOf(client: ClientReference, { contracts }: Configuration): Partial<Contract> | undefined {
  return contracts?.["module" in client ? client.module : client.name];
}

/** How often a violation is run again. */
export function confirmTimesOf(given: GivenArguments, { configuration }: Project): number {
  return given.count("confirm", { least: 0, most: 1_000, fallback: configuration.confirm ?? 3 });
}

/** The folder of all runs. */
export function outOf(given: GivenArguments, { configuration }: Project): string {
  return given.text("out") ?? configuration.out ?? ".cutwire";
}
