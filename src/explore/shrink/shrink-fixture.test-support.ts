import type { ScheduledFault } from "../../plan/fault.ts";
import { DEFAULT_LIMITS, type Plan } from "../../plan/plan.ts";
import type { Anchor } from "../../plan/trigger.ts";
import type { SessionOfPlan } from "./relocate-faults.ts";
import type { PlanJudge } from "./shrink-plan.ts";
import type { Violation } from "./violation.ts";

/** A rule that was violated, with a witness of this shape. */
export function violationOf(rule: string, ...shape: readonly string[]): Violation {
  return { verdict: { checker: "fixture", rule, outcome: "violated", message: "", advice: "", evidence: [] }, shape };
}

/** The failure of these tests. */
export const FAILURE: Violation = violationOf("INV-02", "tool tool-effect", "tool tool-effect");

/** Judges that a plan fails where a condition holds for it. */
export function failsWhere(condition: (plan: Plan) => boolean): PlanJudge {
  return (plan) => Promise.resolve(condition(plan) ? [FAILURE] : []);
}

/** A turn whose model makes these calls, one step for each list of them, and then says something. */
export function turnOf(userText: string, ...steps: readonly (readonly string[])[]): SessionOfPlan["turns"][number] {
  const calling = steps.map((operations) => ({
    calls: operations.map((operation) => ({ operation, arguments: { seat: "12A" }, toolDurationMs: 40 })),
    deltas: 3,
  }));
  return { userText, script: { steps: [...calling, { text: `The answer to ${userText}.`, deltas: 3 }] } };
}

/** A FIN at an anchor of a session. */
export function cutAt(id: string, session: number | "all", at: Anchor): ScheduledFault {
  return { id, fault: { kind: "cut", mode: "fin" }, when: { place: { session }, at }, heal: { kind: "on-close" } };
}

/** A protocol point. */
export function pointOf(point: Extract<Anchor, { kind: "point" }>["point"], occurrence = 1): Anchor {
  return { kind: "point", point, occurrence };
}

/** A plan of these sessions and faults. */
export function planOf(sessions: readonly SessionOfPlan[], faults: readonly ScheduledFault[]): Plan {
  return { formatVersion: 1, seed: 7, workload: { sessions }, faults, limits: DEFAULT_LIMITS };
}

/** Three sessions, seven turns, six calls and five faults. */
export const BIG_PLAN: Plan = planOf(
  [
    { turns: [turnOf("s0-t0", ["s0-a"]), turnOf("s0-t1")] },
    { turns: [turnOf("s1-t0", ["s1-a", "s1-b"]), turnOf("s1-t1"), turnOf("s1-t2", ["s1-c"], ["s1-d"])] },
    { turns: [turnOf("s2-t0", ["s2-a"]), turnOf("s2-t1")] },
  ],
  [
    cutAt("f0", 0, pointOf("P6")),
    cutAt("f1", 1, pointOf("P6", 2)),
    cutAt("f2", 1, pointOf("P6", 4)),
    cutAt("f3", 2, pointOf("P13", 2)),
    cutAt("f4", "all", pointOf("P3", 2)),
  ],
);

/** The texts of a plan's turns. */
export function turnsOf({ workload }: Plan): readonly string[] {
  return workload.sessions.flatMap(({ turns }) => turns.map(({ userText }) => userText));
}

/** The operations that a plan's model asks for. */
export function operationsOf({ workload }: Plan): readonly string[] {
  return workload.sessions.flatMap(({ turns }) =>
    turns.flatMap(({ script }) => script.steps.flatMap(({ calls = [] }) => calls.map(({ operation }) => operation))),
  );
}

/** The ids of a plan's faults. */
export function faultsOf({ faults }: Plan): readonly string[] {
  return faults.map(({ id }) => id);
}
