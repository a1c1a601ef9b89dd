import type { Verdict } from "../check/verdict.ts";
import { type Contract, DEFAULT_CONTRACT } from "../plan/contract.ts";
import type { Plan } from "../plan/plan.ts";
import { signatureOf } from "./search-finding.ts";
import type { SearchRun } from "./search-run.ts";

/** A plan that took the process with it. */
export type LostPlan = { readonly number: number; readonly how: "died" | "hung"; readonly why: string };

const VERDICTS: Readonly<Record<LostPlan["how"], Pick<Verdict, "rule" | "advice">>> = {
  died: {
    rule: "INV-42",
    advice:
      "Look for process.exit, an unhandled rejection or memory without bound. In simulation the client shares a process with the harness; on the embedded backend it has one of its own, and the run tells how it ended.",
  },
  hung: {
    rule: "INV-23",
    advice:
      "Look for a loop that never waits. On the embedded backend the client has a process of its own, and the run tells which turn was overdue.",
  },
};

/** The run of a plan at which the process died, or stood still, twice: it has no history, and is a finding. */
export function lostProcessRun({ number, how, why }: LostPlan, plan: Plan, stated: Partial<Contract> = {}): SearchRun {
  const { rule, advice } = VERDICTS[how];
  const message = `the process that ran this plan ${how} twice: ${why}`;
  const shape = [`process ${how}`];
  const signature = signatureOf(rule, shape);
  // What the client says of itself died with it.
  const contract: Contract = { ...DEFAULT_CONTRACT, ...stated };
  const verdict: Verdict = { checker: "process", rule, outcome: "violated", message, advice, evidence: [] };
  return {
    number,
    state: "judged",
    faults: { fired: 0, missed: 0, failed: 0 },
    struck: [],
    outcomes: [{ rule, outcome: "violated" }],
    findings: [{ signature, rule, shape, number, plan, contract, verdict, plans: 1 }],
  };
}
