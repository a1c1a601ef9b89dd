import { z } from "zod";

import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import { FAULT_CATALOGUE } from "../plan/fault-catalogue.ts";
import { PROTOCOL_POINTS } from "../protocol/protocol-point.ts";
import { readScenarios } from "../suite/scenario-files.ts";
import { type OptionTable, readArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { openProject, type Project } from "./project.ts";
import { wrapWords } from "./wrap-words.ts";

const OPTIONS: OptionTable = {
  config: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const HELP = `cutwire list scenarios | clients | faults | checkers | points

Says what there is, by the names that plans and other commands know it by.

  scenarios   that come with cutwire, or that cutwire.config names, and why each exists
  clients     that --client takes by name: those that come with cutwire, and those of cutwire.config
  faults      that a plan can name, and what each does
  checkers    by the rule that each judges, and what that rule promises
  points      of the protocol, at which a fault can strike

  --json          everything that is known of each, for programs: for faults also the schema of their parameters
  --config FILE   another configuration than cutwire.config.ts, .js or .json

Examples
  npx cutwire list scenarios
  npx cutwire list faults --json
`;

/** One thing in a list: how it is called, a sentence on it, and what else is known of it. */
type Entry = { readonly name: string; readonly text: string; readonly more?: Readonly<Record<string, unknown>> };

const LISTS: ReadonlyMap<string, (project: Project, context: CommandContext) => readonly Entry[]> = new Map([
  ["scenarios", listScenarios],
  ["clients", listClients],
  ["faults", listFaults],
  ["checkers", listCheckers],
  ["points", listPoints],
]);

/** `cutwire list`: what plans and other commands can name. */
export const listCommand: Command = {
  name: "list",
  summary: "say which scenarios, clients, faults, checkers or points there are",
  help: HELP,
  async run(args, context) {
    const given = readArguments(args, OPTIONS, "list");
    if (given.flag("help")) {
      context.print(HELP);
      return 0;
    }
    const [what = "", ...rest] = given.positionals;
    const list = LISTS.get(what);
    if (list === undefined || rest.length > 0) {
      throw new HarnessError("HARNESS_INVALID_OPTION", `Say what to list: ${[...LISTS.keys()].join(", ")}.`, {
        details: { given: given.positionals },
      });
    }
    const entries = list(await openProject(given, context), context);
    context.print(given.flag("json") ? printJson(entries) : printEntries(entries, context));
    return 0;
  },
};

const WIDTH = 118;

function printEntries(entries: readonly Entry[], { paint }: CommandContext): string {
  const indent = Math.max(...entries.map(({ name }) => name.length)) + 2;
  return entries
    .map(({ name, text }) => {
      const wrapped = wrapWords(text, { width: WIDTH - indent, indent });
      return `${paint.strong(name)}${" ".repeat(indent - name.length)}${wrapped}\n`;
    })
    .join("");
}

function printJson(entries: readonly Entry[]): string {
  return `${stableJson(
    entries.map(({ name, text, more = {} }) => ({ name, text, ...more })),
    2,
  )}\n`;
}

function listScenarios({ configuration }: Project, { directory }: CommandContext): readonly Entry[] {
  return readScenarios(configuration.scenarios ?? [], directory).map(
    ({ name, why, plan, requires = [], expect = [] }) => ({
      name,
      text: why,
      more: { faults: plan.faults, sessions: plan.workload.sessions.length, requires, expect },
    }),
  );
}

function listClients({ harness }: Project): readonly Entry[] {
  return [...harness.clients].map(([name, module]) => ({ name, text: module }));
}

function listFaults(): readonly Entry[] {
  return Object.values(FAULT_CATALOGUE).map(({ kind, title, ids, layer, appliedBy, scope, fired, schema }) => ({
    name: kind,
    text: title,
    more: { ids, layer, appliedBy, scope, fired, parameters: z.toJSONSchema(schema, { unrepresentable: "any" }) },
  }));
}

function listCheckers({ harness }: Project): readonly Entry[] {
  return harness.checkers.map(({ rule, name, claim, evidence, undecided, source, advice }) => ({
    name: rule,
    text: `${name}: ${claim}`,
    more: { checker: name, claim, evidence, undecided, source, advice },
  }));
}

function listPoints(): readonly Entry[] {
  return PROTOCOL_POINTS.map(({ point, title, heldBy, direction }) => ({
    name: point,
    text: title,
    more: { heldBy, ...(direction === undefined ? {} : { direction }) },
  }));
}
