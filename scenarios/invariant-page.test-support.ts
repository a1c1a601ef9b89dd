import type { Checker } from "cutwire";

import {
  PLANTED_BUGS,
  PLANTED_BUGS_OF_TIMING,
  type PlantedBug,
  RULES_OF_LONG_RUNS,
  SMALL_CLIENTS,
} from "./planted-bugs.test-support.ts";

/** Every planted bug, and every small client with one. */
export const BUGS: readonly PlantedBug[] = [...PLANTED_BUGS, ...PLANTED_BUGS_OF_TIMING, ...SMALL_CLIENTS];

/** The page `docs/invariants.md`: every rule that is checked, made of its checker and of what breaks it. */
export function renderInvariantPage(checkers: readonly Checker[]): string {
  return [
    "# What is checked",
    "<!-- Made of src/check/checkers and the planted bugs; do not edit. -->",
    "Each rule is judged by a checker, which sees the plan, the client's contract and the history, and says _holds_, " +
      "_violated_ with the smallest set of events that shows it, _unknown_ or _not exercised_. Where a fault of the plan did " +
      "not fire, or the run was cut short, what holds becomes _unknown_ for every rule. INV-nn and Bnn are the numbers of " +
      "failures.md; M, F and B with two digits are its bugs, faults and cases.",
    table(
      ["Rule", "Checker", "Promise"],
      checkers.map(({ rule, name, claim }) => [`[${rule}](#${anchorOf(rule, name)})`, name, claim]),
    ),
    ...checkers.map(renderRule),
    "",
  ].join("\n\n");
}

function renderRule({ rule, name, claim, evidence, undecided, source, advice, needsScript }: Checker): string {
  const facts = [
    `- **Shown by:** ${evidence}`,
    `- **Undecided:** ${undecided}`,
    `- **When it is violated:** ${advice}`,
    `- **Proved by:** ${proofOf(rule)}`,
    `- **Source:** ${source}`,
    ...(needsScript === true ? ["- Needs the plan's own model; not exercised against a server with another one."] : []),
  ];
  return [`## ${rule} ${name}`, claim, facts.join("\n")].join("\n\n");
}

function proofOf(rule: string): string {
  if (RULES_OF_LONG_RUNS.includes(rule))
    return "a long run of a client that breaks it, in `scenarios/small-clients.test.ts`.";
  const proofs = BUGS.filter(({ rules }) => rules.includes(rule)).toSorted(
    (left, right) => left.rules.indexOf(rule) - right.rules.indexOf(rule),
  );
  const commands = proofs.map(({ client, scenario }) => `\`npx cutwire run ${nameOf(scenario)} --client ${client}\``);
  return `${commands.join(", ")}.`;
}

function nameOf(scenario: string): string {
  return scenario.slice(scenario.lastIndexOf("/") + 1);
}

/** As GitHub makes it of a heading. */
function anchorOf(rule: string, name: string): string {
  return `${rule} ${name}`.toLowerCase().replaceAll(" ", "-");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
