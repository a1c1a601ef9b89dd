import type { Checker } from "../check/checker.ts";
import { faultStates } from "../check/fault-states.ts";
import type { HistoryEvent } from "../history/event.ts";
import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunResult } from "../reproduce/judged-run.ts";
import { type Campaign, createCampaign } from "./campaign.ts";
import { createRandomSpace } from "./search-space.ts";
import { unitResultOf, type UnitResult } from "./unit-result.ts";

/** A campaign of cuts and closed connections: four plans a unit, ten units. */
export function campaignOf(given: { readonly seed?: number; readonly units?: number | null } = {}): Campaign {
  const { seed = 1, units = 10 } = given;
  const able = new Set(["cut-fin", "cut-rst", "close-frame"] as const);
  return createCampaign({
    identity: {
      client: "reference",
      backend: "simulation",
      isExact: true,
      target: "reference",
      space: createRandomSpace({ seed, turnsMax: 2, mouldsMax: 2, runMs: 60_000 }, able),
      unitSize: 4,
      versions: { cutwire: "1.0.0", node: "20.0.0" },
    },
    client: { name: "reference" },
    units,
  });
}

/** A run of a plan in which the faults fired that are named, and no other. */
export function resultOf(plan: Plan, fired: readonly string[], violated: readonly string[] = []): RunResult {
  const history: HistoryEvent[] = plan.faults.map(({ id }, sequence) => ({
    source: "fault",
    sequence,
    sourceSequence: sequence,
    atMs: sequence,
    session: 0,
    id,
    ...(fired.includes(id)
      ? { kind: "fault-applied", fault: { kind: "cut" }, delayMs: 0 }
      : { kind: "fault-missed", why: "nobody came by" }),
  }));
  return {
    record: {
      plan,
      contract: DEFAULT_CONTRACT,
      clientName: "reference",
      backendName: "simulation",
      history,
      interrupted: false,
    },
    verdicts: violated.map((rule) => ({
      checker: "some-checker",
      rule,
      outcome: "violated",
      message: "it was broken",
      advice: "mend it",
      evidence: [0],
    })),
    faults: faultStates(plan, history),
  };
}

/** A rule that is violated wherever a plan has two faults or more left, and holds otherwise. */
export const TWO_FAULTS_ARE_TOO_MANY: Checker = {
  name: "two-faults",
  rule: "INV-01",
  claim: "Two faults are too many.",
  undecided: "Never.",
  source: "a test",
  evidence: "none",
  advice: "none",
  check: ({ plan }) => ({
    outcome: plan.faults.length > 1 ? "violated" : "holds",
    message: `${plan.faults.length} faults`,
    evidence: [],
  }),
};

/** A unit in which nothing happened but so many plans. */
export function emptyUnit(campaign: Campaign, unit: number, plans = 4): UnitResult {
  const result = unitResultOf({ campaign: campaign.id, unit, isSweep: false }, []);
  return { ...result, tally: { ...result.tally, plans } };
}
