import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

import { HarnessError } from "../errors.ts";
import type { CampaignIdentity } from "../explore/campaign.ts";
import { parseShard, parseUnits, type UnitSelection } from "../explore/unit-selection.ts";
import type { Able } from "../generate/search-mould.ts";
import { SEARCH_MOULDS } from "../generate/search-moulds.ts";
import type { ClientReference } from "../plan/scenario.ts";
import { clientModuleOf } from "../reproduce/client-module.ts";
import { type Harness, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import type { RunSettings } from "../suite/scenario-run.ts";
import { versionsInUse } from "../suite/versions.ts";
import type { GivenArguments, OptionTable } from "./arguments.ts";
import { PROJECT_OPTIONS } from "./project.ts";
import { wrapWords } from "./wrap-words.ts";

const MOULD_NAMES: readonly string[] = SEARCH_MOULDS.map(({ name }) => name);

/** The options of every command that runs a campaign. */
export const SEARCH_OPTIONS: OptionTable = {
  ...PROJECT_OPTIONS,
  jobs: { type: "string" },
  shard: { type: "string" },
  units: { type: "string" },
  "unit-size": { type: "string" },
  shrink: { type: "string", default: "10s" },
  faults: { type: "string" },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

/** The lines of their help. */
export const SEARCH_HELP: string = `  --faults NAME,NAME         only these kinds of trouble, of
                             ${wrapWords(MOULD_NAMES.join(", "), { width: 90, indent: 29 })}
  --jobs N                   how many processes run at once (default: one for each core)
  --shard I/N                only every N-th unit, from the I-th on: one of N machines that share the work
  --units A..B,C             only these units, from 0, as "cutwire missing" prints them
  --unit-size N              how many plans make a unit, the piece of work that is stored whole
  --confirm N                how often a violation is run again on real sockets, after once (default: 3)
  --shrink TIME              how long to look for a smaller plan, for each rule that is violated (default: 10s)
  --known FILE               violations that are known: they are told, and fail nothing
  --config FILE              another configuration than cutwire.config.ts, .js or .json
  --out DIR                  the folder of the campaign; where it holds the same one already, what is stored there is
                             not run again (default: a new folder in .cutwire)
  --json                     the result as JSON
  --quiet                    no progress`;

/** How a backend is searched: what is a lot in virtual time is too much on a wall clock. */
export type SearchPace = {
  /** Whether it does the same each time. */
  readonly isExact: boolean;
  /** Plans that are run where nothing else is asked for. */
  readonly runs: number;
  readonly unitSize: number;
  /** Runs at once in one process. */
  readonly sideBySide: number;
  /** How long one run may take, in ms of its clock. */
  readonly runMs: number;
  /** How long a process may take over one plan, in ms. */
  readonly planMsMax: number;
};

const VIRTUAL_TIME: SearchPace = {
  isExact: true,
  runs: 5_000,
  unitSize: 500,
  sideBySide: 1,
  runMs: 900_000,
  planMsMax: 60_000,
};
const WALL_CLOCK: SearchPace = {
  isExact: false,
  runs: 100,
  unitSize: 10,
  sideBySide: 4,
  runMs: 60_000,
  planMsMax: 180_000,
};

/** The pace of a backend: one whose runs can be had again exactly has a time of its own. */
export function paceOf(backend: string, harness: Harness): SearchPace {
  return pluginNamed("backend", backend, harness.backends).isRepeatable === true ? VIRTUAL_TIME : WALL_CLOCK;
}

/** What a search runs on where nothing else is asked for. */
export const SEARCH_BACKEND = "simulation";

/** What wire and server of a search are able to do. */
export function ableOf({ backend, target }: Pick<RunSettings, "backend" | "target">, harness: Harness): Able {
  const { capabilities } = pluginNamed("backend", backend, harness.backends);
  return new Set([...capabilities, ...(targetNamed(target, harness).capabilities ?? [])]);
}

/** What the results of a search depend on, besides its space. */
export function identityOf(
  settings: Pick<RunSettings, "client" | "backend" | "target" | "contract">,
  harness: Harness,
): Omit<CampaignIdentity, "space" | "unitSize"> {
  const { client, backend, target, contract } = settings;
  return {
    client: fingerprintOf(client, harness),
    backend,
    isExact: paceOf(backend, harness).isExact,
    target,
    versions: versionsInUse(),
    ...(contract === undefined ? {} : { contract }),
  };
}

/** A module is known by what stands in it, wherever it lies. What it imports is not looked at. */
function fingerprintOf(client: ClientReference, harness: Harness): string {
  const path = fileURLToPath(clientModuleOf(client, harness));
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
  return `${"module" in client ? basename(path) : client.name} ${digest}`;
}

/** How many processes; one for each core where nothing else is asked for. */
export function jobsOf(given: GivenArguments): number {
  return given.count("jobs", { least: 1, most: 512, fallback: availableParallelism() });
}

/**
 * Which units are asked for.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function selectionOf(given: GivenArguments): UnitSelection {
  const shard = given.text("shard");
  const units = given.text("units");
  if (shard !== undefined && units !== undefined) {
    throw new HarnessError("HARNESS_INVALID_OPTION", "--shard and --units both choose units: give one of them.");
  }
  if (shard !== undefined) return parseShard(shard);
  return units === undefined ? { kind: "all" } : parseUnits(units);
}

/**
 * Which moulds are asked for; undefined for all.
 *
 * @throws HarnessError `HARNESS_UNKNOWN_NAME`
 */
export function mouldNamesOf(given: GivenArguments): readonly string[] | undefined {
  const names = given.text("faults")?.split(",");
  const unknown = names?.find((name) => !MOULD_NAMES.includes(name));
  if (unknown === undefined) return names;
  throw new HarnessError(
    "HARNESS_UNKNOWN_NAME",
    `--faults: there is no "${unknown}". There are: ${MOULD_NAMES.join(", ")}.`,
    { details: { name: unknown } },
  );
}
