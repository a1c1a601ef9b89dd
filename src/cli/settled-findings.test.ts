import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { effectNotRepeated } from "../check/checkers/effect-not-repeated.ts";
import { createCampaign } from "../explore/campaign.ts";
import { createRandomSpace } from "../explore/search-space.ts";
import type { SearchFinding } from "../explore/search-finding.ts";
import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import { CUT_AFTER_CALL, simulationHarness, SLOW_WIRE, toolPlan } from "../reproduce/simulation-bed.test-support.ts";
import { simulation } from "../run/backends/simulation.ts";
import { PROXY_CAPABILITIES } from "../run/proxy-wire.ts";
import { openNamedFolder } from "../suite/run-folder.ts";
import { printFinding } from "./search-words.ts";
import { CONFIRMING_BACKEND, settleFindings, type SettledFinding, type SettlingTrials } from "./settled-findings.ts";

const RULE = effectNotRepeated.rule;
/** A client with this bug: it forgets the tools that it started. */
const CLIENT = { module: new URL("../run/clients/planted/m11.ts", import.meta.url).href };

const campaign = createCampaign({
  identity: {
    client: "planted:M11",
    backend: "simulation",
    isExact: true,
    target: "reference",
    space: createRandomSpace({ seed: 1, turnsMax: 1, mouldsMax: 1, runMs: 60_000 }, new Set(["cut-fin"])),
    unitSize: 1,
    versions: { cutwire: "1.0.0", node: "20.0.0" },
  },
  client: CLIENT,
  units: 1,
});

/** A way in which the rule is said to be violated by these faults. */
function findingOf(number: number, fault: ScheduledFault): SearchFinding {
  const verdict = {
    checker: effectNotRepeated.name,
    rule: RULE,
    outcome: "violated",
    message: "",
    advice: "",
  } as const;
  return {
    signature: String(number).padStart(16, "0"),
    rule: RULE,
    shape: ["tool tool-effect"],
    number,
    plan: toolPlan([fault]),
    contract: DEFAULT_CONTRACT,
    verdict: { ...verdict, evidence: [1] },
    plans: 1,
  };
}

/** What cannot be had again: the client does nothing wrong on a slow wire. */
const unseen = (number: number): SearchFinding => findingOf(number, SLOW_WIRE);

/** What is confirmed is the choice of a finding: that a virtual time confirms it is enough for that. */
const asRealSockets = { ...simulation, name: CONFIRMING_BACKEND, capabilities: PROXY_CAPABILITIES };

/** Only a simulated clock can be stepped. */
const CLOCK_STEP: ScheduledFault = {
  id: "step",
  fault: { kind: "clock-step", byMs: 3_600_000 },
  when: { place: { session: 0 }, at: { kind: "point", point: "P1", occurrence: 1 } },
  heal: { kind: "never" },
};

function openDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "cutwire-settled-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

const TRIALS: SettlingTrials = { shrinkMs: 5_000, confirmTimes: 0 };

async function settle(
  findings: readonly SearchFinding[],
  { directory = openDirectory(), trials = TRIALS }: { directory?: string; trials?: SettlingTrials | "none" } = {},
): Promise<{
  settled: readonly SettledFinding[];
  words: string;
  folders: readonly string[];
}> {
  const settled = await settleFindings(findings, {
    campaign,
    folder: openNamedFolder(join(directory, "found"), { directory: process.cwd() }),
    harness: simulationHarness([effectNotRepeated], [simulation, asRealSockets]),
    ...(trials === "none" ? {} : { trials }),
    known: [],
    signal: new AbortController().signal,
    note: () => undefined,
  });
  const plain = (text: string): string => text;
  const paint = { good: plain, bad: plain, doubtful: plain, faint: plain, strong: plain };
  const words = settled.flatMap((one) => printFinding(one, { all: findings, paint })).join("\n");
  return { settled, words, folders: readdirSync(join(directory, "found", "findings")) };
}

describe("the findings of a rule", () => {
  it("are told by the first one that is seen on real sockets, and nothing is left of those tried before", async () => {
    const { settled, words, folders } = await settle([unseen(2), unseen(3), findingOf(7, CUT_AFTER_CALL)]);
    expect(settled.map(({ finding, unseen: before }) => [finding.number, before])).toEqual([[7, [2, 3]]]);
    expect(settled[0]?.confirmed).toMatchObject({ violatedRuns: 1, runs: 1 });
    expect(folders).toEqual([`${RULE}-0000000000000007`]);
    expect(words).toContain("violated by 3 plans in 3 ways, first by plan 2\n");
    expect(words).toContain("\n  plan    7\n");
    expect(words).toContain("violated in 1 of 1 runs; the ways of plans 2 and 3 were not seen there\n");
  });

  it("are told by one that real sockets can have, or else in words that say what they cannot", async () => {
    const last = await settle([findingOf(2, CLOCK_STEP), unseen(3), findingOf(7, CUT_AFTER_CALL)]);
    expect(last.settled.map(({ finding, unseen: before }) => [finding.number, before])).toEqual([[7, [3]]]);
    expect(last.words).toContain("violated in 1 of 1 runs; the way of plan 3 was not seen there\n");
    const first = await settle([findingOf(2, CLOCK_STEP), unseen(3)]);
    expect(first.settled.map(({ finding, unseen: others }) => [finding.number, others])).toEqual([[2, [3]]]);
    expect(first.settled[0]).toMatchObject({ unmakeable: { backend: CONFIRMING_BACKEND } });
    expect(first.settled[0]).not.toHaveProperty("confirmed");
    expect(first.folders).toEqual([`${RULE}-0000000000000002`]);
    expect(first.words.replaceAll(/\s+/g, " ")).toContain(
      "cannot be run on embedded, so nothing is said of it there: step (clock-step) needs step-clock of the backend; not seen there: the way of plan 3",
    );
  });

  it("are told by the first one where none is seen, and no more than three are tried", async () => {
    const { settled, words, folders } = await settle([unseen(2), unseen(3), unseen(4), findingOf(7, CUT_AFTER_CALL)]);
    expect(settled.map(({ finding, unseen: others }) => [finding.number, others])).toEqual([[2, [3, 4]]]);
    expect(folders).toEqual([`${RULE}-0000000000000002`]);
    expect(words).toContain("not seen on embedded in 1 run, nor the ways of plans 3 and 4\n");
  });

  it("stay as small as they were where nothing is tried again, and are stored as found where nothing can be read", async () => {
    const directory = openDirectory();
    const findings = [unseen(2), findingOf(7, CUT_AFTER_CALL)];
    const file = join(directory, "found", "findings", `${RULE}-0000000000000007`, "reproduction.json");
    await settle(findings, { directory });
    const smallest = readFileSync(file, "utf8");
    const again = await settle(findings, { directory, trials: "none" });
    expect(again.settled.map(({ finding }) => finding.number)).toEqual([7]);
    expect([again.folders, readFileSync(file, "utf8")]).toEqual([[`${RULE}-0000000000000007`], smallest]);
    expect(again.words).toContain("shrunk");
    const larger = { ...findingOf(7, CUT_AFTER_CALL), plan: toolPlan([CUT_AFTER_CALL, SLOW_WIRE]) };
    const beside = openDirectory();
    await settle([larger], { directory: beside, trials: "none" });
    const smaller = await settle([findingOf(7, CUT_AFTER_CALL)], { directory: beside, trials: "none" });
    expect(smaller.words).not.toContain("shrunk");
    writeFileSync(file, "torn");
    const anew = await settle([findingOf(7, CUT_AFTER_CALL)], { directory, trials: "none" });
    expect(anew.words).not.toContain("shrunk");
    expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("plan", toolPlan([CUT_AFTER_CALL]));
  });
});
