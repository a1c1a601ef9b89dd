import type { FaultState } from "../check/fault-states.ts";
import type { Outcome, Verdict } from "../check/verdict.ts";
import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";
import type { RunResult } from "./judged-run.ts";
import type { Reproduction } from "./reproduction.ts";

const PLAN: Plan = {
  formatVersion: 1,
  seed: 1,
  workload: { sessions: [{ turns: [{ userText: "hello", script: { steps: [{ text: "hi" }] } }] }] },
  faults: [],
  limits: DEFAULT_LIMITS,
};

/** Verdicts by rule: `{ "INV-02": "violated" }`. */
export type Outcomes = Readonly<Record<string, Outcome>>;

function verdictsOf(outcomes: Outcomes): readonly Verdict[] {
  return Object.entries(outcomes).map(([rule, outcome]) => ({
    checker: "fixture",
    rule,
    outcome,
    message: "",
    advice: "",
    evidence: [],
  }));
}

/** A reproduction file's content in which these rules were violated. */
export function reproductionOf(...rules: readonly string[]): Reproduction {
  return {
    formatVersion: 1,
    plan: PLAN,
    client: { name: "reference" },
    contract: DEFAULT_CONTRACT,
    backend: "embedded",
    verdicts: verdictsOf(Object.fromEntries(rules.map((rule) => [rule, "violated"]))),
    versions: { cutwire: "0.1.0" },
  };
}

/** A judged run with one fault. */
export function resultOf(
  outcomes: Outcomes,
  {
    fault = "fired",
    interrupted = false,
  }: { readonly fault?: FaultState["state"]; readonly interrupted?: boolean } = {},
): RunResult {
  return {
    record: {
      plan: PLAN,
      contract: DEFAULT_CONTRACT,
      clientName: "reference",
      backendName: "embedded",
      history: [],
      interrupted,
    },
    verdicts: verdictsOf(outcomes),
    faults: [{ id: "cut", state: fault, events: [] }],
  };
}
