import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { stableJson } from "../determinism/stable-json.ts";
import { HarnessError } from "../errors.ts";
import type { Campaign } from "../explore/campaign.ts";
import { findingsByRule, type SearchFinding } from "../explore/search-finding.ts";
import { isSmaller, type PlanSize, sizeOfPlan } from "../explore/shrink/plan-size.ts";
import { shrinkReproduction } from "../explore/shrink/shrink-reproduction.ts";
import { findKnown } from "../report/known-findings.ts";
import type { KnownFinding } from "../report/run-report.ts";
import { violatedRulesOf } from "../reproduce/confirm.ts";
import { type Harness, pluginNamed, targetNamed } from "../reproduce/harness.ts";
import { parseReproduction, type Reproduction } from "../reproduce/reproduction.ts";
import { describeUnsupported, unsupportedFaults } from "../run/unsupported-faults.ts";
import { readTextFile, writeTextFile } from "../suite/files.ts";
import type { RunFolder } from "../suite/run-folder.ts";
import { runInFolder } from "../suite/scenario-run.ts";
import { quoteShellWord } from "../reproduce/shell-word.ts";
import { versionsInUse } from "../suite/versions.ts";
import type { GivenArguments } from "./arguments.ts";
import { readDuration } from "./duration.ts";
import { confirmTimesOf, type Project } from "./project.ts";

/** A finding with everything that was done about it. */
export type SettledFinding = {
  readonly finding: SearchFinding;
  /** The known finding that it is. */
  readonly known?: KnownFinding;
  /** The size of its plan when it was found, and of the plan that is stored; absent where no smaller one was found. */
  readonly shrunk?: { readonly before: PlanSize; readonly after: PlanSize };
  /** In how many runs on real sockets the rule was violated; absent where it was not run there. */
  readonly confirmed?: { readonly backend: string; readonly violatedRuns: number; readonly runs: number };
  /** What of its plan real sockets cannot have, each in words, so that nothing is known of it there; absent where all can. */
  readonly unmakeable?: { readonly backend: string; readonly faults: readonly string[] };
  /** The plans of other ways in which the rule was violated, which were tried before and not seen on real sockets. */
  readonly unseen: readonly number[];
  /** The folder with the plan and its runs. */
  readonly directory: string;
  readonly replayCommand: string;
};

/** What is tried about a finding. */
export type SettlingTrials = {
  /** How long a smaller plan is looked for, in ms; only on a backend whose runs can be had again exactly. */
  readonly shrinkMs: number;
  /** How often it is run on real sockets after once. */
  readonly confirmTimes: number;
};

/**
 * What a command is asked to try about its findings.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION`
 */
export function trialsOf(given: GivenArguments, project: Project): SettlingTrials {
  return {
    confirmTimes: confirmTimesOf(given, project),
    shrinkMs: readDuration(given.text("shrink") ?? "", "shrink"),
  };
}

/** With what findings are settled. */
export type SettlingParts = {
  readonly campaign: Campaign;
  readonly folder: RunFolder;
  readonly harness: Harness;
  /**
   * How each is shrunk and run on real sockets; where absent, it is stored as it was found, unless the folder holds a
   * smaller plan for it already.
   */
  readonly trials?: SettlingTrials;
  readonly known: readonly KnownFinding[];
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
};

/** What real sockets are, for whatever was found without them. */
export const CONFIRMING_BACKEND: string = "embedded";

/** Whether a finding has settled its rule: it was seen on real sockets, or nobody asked for that. */
function isSettled({ confirmed, unmakeable }: SettledFinding): boolean {
  return confirmed === undefined ? unmakeable === undefined : confirmed.violatedRuns > 0;
}

/** The plans of the ways that were tried on real sockets; one that cannot be made there was not. */
function triedOf(ways: readonly SettledFinding[]): readonly number[] {
  return ways.flatMap(({ finding, confirmed }) => (confirmed === undefined ? [] : [finding.number]));
}

/** So many ways in which a rule is violated are tried on real sockets, until one is seen there. */
const WAYS_MAX = 3;

/**
 * Takes a finding of each rule, runs it on real sockets, and stores it as a file that replays it: the first one that is
 * seen there, or the first one of all. Further findings of a rule are in `summary.json`.
 */
export async function settleFindings(
  findings: readonly SearchFinding[],
  parts: SettlingParts,
): Promise<readonly SettledFinding[]> {
  const settled: SettledFinding[] = [];
  // What an earlier command left there would be found by the client, and taken for the state of its own session.
  if (parts.trials !== undefined) rmSync(parts.folder.folder("findings"), { recursive: true, force: true });
  for (const ways of findingsByRule(findings).values()) {
    const one = await settleRule(ways, parts);
    if (one !== undefined) settled.push(one);
  }
  return settled;
}

async function settleRule(ways: readonly SearchFinding[], parts: SettlingParts): Promise<SettledFinding | undefined> {
  const unseen: SettledFinding[] = [];
  const stored = ways.find((finding) => smallerStored(finding, parts) !== undefined);
  for (const finding of stored === undefined ? ways.slice(0, WAYS_MAX) : [stored]) {
    if (parts.signal.aborted) break;
    const settled = await settle(finding, parts);
    if (isSettled(settled)) {
      for (const { directory } of unseen) rmSync(directory, { recursive: true, force: true });
      return { ...settled, unseen: triedOf(unseen) };
    }
    unseen.push(settled);
  }
  const [first, ...others] = unseen;
  for (const { directory } of others) rmSync(directory, { recursive: true, force: true });
  return first === undefined ? undefined : { ...first, unseen: triedOf(others) };
}

/** The folder of a finding among those of its search. */
function nameOf({ rule, signature }: SearchFinding): string {
  return `${rule}-${signature}`;
}

const FILE_NAME = "reproduction.json";

/** What an earlier command stored of a finding where nothing is to be tried now, as long as it is smaller. */
function smallerStored(finding: SearchFinding, { trials, folder }: SettlingParts): Smaller | undefined {
  const path = join(folder.folder("findings"), nameOf(finding), FILE_NAME);
  if (trials !== undefined || !existsSync(path)) return undefined;
  try {
    const reproduction = parseReproduction(readTextFile(path), path);
    const [before, after] = [sizeOfPlan(finding.plan), sizeOfPlan(reproduction.plan)];
    return isSmaller(after, before) ? { reproduction, shrunk: { before, after } } : undefined;
  } catch (error) {
    if (error instanceof HarnessError) return undefined;
    throw error;
  }
}

async function settle(finding: SearchFinding, parts: SettlingParts): Promise<SettledFinding> {
  const { verdict, shape } = finding;
  const name = join("findings", nameOf(finding));
  const directory = parts.folder.folder(name);
  const known = findKnown(verdict, { scenario: "explore", shape }, parts.known);
  const path = join(directory, FILE_NAME);
  const store = (reproduction: Reproduction): void => writeTextFile(path, `${stableJson(reproduction, 2)}\n`);
  const found = reproductionOf(finding, parts.campaign);
  const kept = smallerStored(finding, parts);
  if (kept === undefined) store(found);
  const smaller = kept ?? (await shrink(found, parts));
  if (smaller !== undefined) store(smaller.reproduction);
  const confirmed = await confirm(smaller?.reproduction ?? found, { ...parts, name });
  return {
    finding,
    unseen: [],
    directory,
    replayCommand: `npx cutwire replay ${quoteShellWord(path)}`,
    ...(known === undefined ? {} : { known }),
    ...(smaller === undefined ? {} : { shrunk: smaller.shrunk }),
    ...confirmed,
  };
}

type Smaller = { readonly reproduction: Reproduction; readonly shrunk: NonNullable<SettledFinding["shrunk"]> };

/** A plan that took its process with it would take this one too, so it is left as it is. */
async function shrink(found: Reproduction, parts: SettlingParts): Promise<Smaller | undefined> {
  const { trials, campaign, harness, note, signal } = parts;
  const [verdict] = found.verdicts;
  if (trials === undefined || !campaign.identity.isExact || verdict?.evidence.length === 0) return undefined;
  note(`${verdict?.rule ?? ""}: looking for a smaller plan`);
  const limit = new AbortController();
  const timer = harness.clock.startTimer(trials.shrinkMs, () => limit.abort("the time is over"));
  let smallest: Reproduction | undefined;
  try {
    const outcome = await shrinkReproduction(found, {
      harness,
      signal: AbortSignal.any([signal, limit.signal]),
      versions: found.versions,
      onSmaller: (reproduction) => void (smallest = reproduction),
    });
    if (outcome.outcome !== "smaller" || smallest === undefined) return undefined;
    return { reproduction: smallest, shrunk: { before: outcome.before, after: outcome.size } };
  } finally {
    timer.cancel();
  }
}

async function confirm(
  { plan, contract, verdicts, target = "reference" }: Reproduction,
  parts: SettlingParts & { readonly name: string },
): Promise<Pick<SettledFinding, "confirmed" | "unmakeable">> {
  const { trials, campaign, folder, harness, signal } = parts;
  const rule = verdicts[0]?.rule ?? "";
  if (trials === undefined) return {};
  const backend = pluginNamed("backend", CONFIRMING_BACKEND, harness.backends);
  const unsupported = unsupportedFaults(plan.faults, { backend, target: targetNamed(target, harness) });
  if (unsupported.length > 0) {
    return { unmakeable: { backend: CONFIRMING_BACKEND, faults: unsupported.map(describeUnsupported) } };
  }
  const { client } = campaign;
  const settings = { client, backend: CONFIRMING_BACKEND, target, contract, folder, signal };
  let violatedRuns = 0;
  let runs = 0;
  for (let attempt = 0; attempt <= trials.confirmTimes; attempt += 1) {
    parts.note(`${rule}: run ${attempt + 1} of ${trials.confirmTimes + 1} on ${CONFIRMING_BACKEND}`);
    const result = await runInFolder(plan, join(parts.name, `confirm-${attempt}`), { settings, harness });
    if (result.record.interrupted) break;
    runs += 1;
    if (violatedRulesOf(result).includes(rule)) violatedRuns += 1;
  }
  return { confirmed: { backend: CONFIRMING_BACKEND, violatedRuns, runs } };
}

function reproductionOf({ plan, contract, verdict }: SearchFinding, { client, identity }: Campaign): Reproduction {
  return {
    formatVersion: 1,
    plan,
    client,
    contract,
    backend: identity.backend,
    ...(identity.target === "reference" ? {} : { target: identity.target }),
    verdicts: [verdict],
    versions: versionsInUse(),
  };
}
