import { z } from "zod";

import { type Contract, ContractPartSchema } from "../plan/contract.ts";

/**
 * What a project says once, instead of with every command: the default export of `cutwire.config.ts`, or the content of
 * `cutwire.config.json`. Paths start from the folder of that file. What the command line says wins over it.
 *
 * @example { "clients": { "agent": "./src/agent-client.ts" }, "client": "agent", "reporters": ["console", "junit=r.xml"] }
 */
export type Configuration = {
  /** Clients of your own: the name that `--client` and `client` take, and the module that exports it. */
  readonly clients?: Readonly<Record<string, string>>;
  /** The client under test, by its name or its path; `reference` where absent. */
  readonly client?: string;
  /** What a client is held to, by the name or the path that chooses it; members left out are what it says itself. */
  readonly contracts?: Readonly<Record<string, Partial<Contract>>>;
  /** Scenarios by name, and files with scenarios or plans; all that come with cutwire where absent. */
  readonly scenarios?: readonly string[];
  readonly backend?: string;
  readonly target?: string;
  /** As `--reporter` takes them: `"console"`, `"junit=results.xml"`. */
  readonly reporters?: readonly string[];
  /** A file of violations that are known. */
  readonly known?: string;
  /** How many scenarios run side by side, 1 to 64. */
  readonly jobs?: number;
  /** How often a violation is run again, 0 to 1000. */
  readonly confirm?: number;
  /** Where runs are stored. */
  readonly out?: string;
};

/** The same, with the types of its members looked after in an editor. */
export function defineConfig(configuration: Configuration): Configuration {
  return configuration;
}

const TextSchema = z.string().min(1);

/** The shape of a configuration. */
export const ConfigurationSchema: z.ZodType<Configuration> = z.strictObject({
  clients: z.record(TextSchema, TextSchema).exactOptional(),
  client: TextSchema.exactOptional(),
  contracts: z.record(TextSchema, ContractPartSchema).exactOptional(),
  scenarios: z.array(TextSchema).min(1).max(10_000).exactOptional(),
  backend: TextSchema.exactOptional(),
  target: TextSchema.exactOptional(),
  reporters: z.array(TextSchema).min(1).max(100).exactOptional(),
  known: TextSchema.exactOptional(),
  jobs: z.number().int().min(1).max(64).exactOptional(),
  confirm: z.number().int().min(0).max(1_000).exactOptional(),
  out: TextSchema.exactOptional(),
});
