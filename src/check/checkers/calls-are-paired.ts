import type { ObservedCreate } from "../../history/creates.ts";
import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { callsMade } from "../calls-made.ts";
import { type PairingProblem, pairingProblems } from "../pairing.ts";
import type { Finding } from "../verdict.ts";

/** INV-04: in whatever a client asks for, each call has its one output behind it. */
export const callsArePaired: Checker = {
  name: "calls-are-paired",
  rule: "INV-04",
  claim:
    "In what each create lets the model see, every call has exactly one output behind it, and every output its call before it.",
  undecided:
    "Unknown where an output's call may stand in a previous response that the session never showed. Not exercised where no call was made or answered.",
  source: "failures.md INV-04 (B07, B10, B12, B13, B31); protocol.md §3.7, §4.3",
  advice:
    "Build each create from one history in which a call and its output are added once: close calls that stay unanswered with an output that says so, and never add an output from a second place.",
  check(context) {
    const made = callsMade(context.responses);
    const creates = context.creates.filter((create) => !create.isWarmUp && hasHalves(create));
    if (creates.length === 0) return notExercised("no create had to do with a call");
    const findings = creates.map((create) => findingOf(create, made));
    return worstOf(findings, `each call and output of ${creates.length} creates had its other half`);
  },
};

function hasHalves({ effectiveInput, input }: ObservedCreate): boolean {
  return (effectiveInput ?? input).some((item) => "call_id" in item);
}

const WHAT: Readonly<Record<PairingProblem["kind"], (id: string) => string>> = {
  "open-call": (id) => `leaves call ${id} without an output`,
  "orphan-output": (id) => `answers call ${id}, which the model does not see`,
  "second-output": (id) => `answers call ${id} twice`,
  "second-call": (id) => `holds call ${id} twice`,
  "second-item": (id) => `holds item ${id} twice`,
};

function findingOf(create: ObservedCreate, made: ReturnType<typeof callsMade>): Finding {
  const { session, connection, event } = create;
  const timesMade = (callId: string): number => made.timesMade(session, callId);
  const problems = pairingProblems(create.effectiveInput ?? create.input, timesMade);
  const isWhole = create.effectiveInput !== undefined;
  const problem = problems.find(({ kind }) => isWhole || kind !== "orphan-output");
  const who = `session ${session}: the create on connection ${connection}`;
  if (problem !== undefined) {
    const call = made.firstDone(session, problem.id);
    const needsCall = problem.kind === "open-call" || problem.kind === "orphan-output";
    return {
      outcome: "violated",
      message: `${who} ${WHAT[problem.kind](problem.id)}`,
      evidence: evidenceOf(needsCall ? call : undefined, event),
    };
  }
  if (problems.length === 0) return { outcome: "holds", message: "", evidence: [] };
  const message = `${who} chains on ${create.previousResponseId ?? "?"}, which this session never showed, so its pairs are not known`;
  return { outcome: "unknown", message, evidence: evidenceOf(event) };
}
