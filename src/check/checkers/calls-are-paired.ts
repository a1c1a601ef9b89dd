import type { ObservedCreate } from "../../history/creates.ts";
import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { callsMade, type CallsMade } from "../calls-made.ts";
import { createPairingReader, type PairingProblem } from "../pairing.ts";
import type { Finding } from "../verdict.ts";

/** INV-04: in whatever a client asks for, each call has its one output behind it. */
export const callsArePaired: Checker = {
  name: "calls-are-paired",
  rule: "INV-04",
  claim:
    "In what each create lets the model see, every call has exactly one output behind it, and every output its call before it.",
  evidence:
    "The call, where it is known, and the create that leaves it alone, doubles it, or answers what was not asked.",
  undecided:
    "Unknown where an output's call may stand in a previous response that the session never showed. Not exercised where no call was made or answered.",
  source: "failures.md INV-04 (B07, B10, B12, B13, B31); protocol.md §3.7, §4.3",
  advice:
    "Build each create from one history in which a call and its output are added once: close calls that stay unanswered with an output that says so, and never add an output from a second place.",
  check(context) {
    const made = callsMade(context.responses, context.received);
    const reader = createPairingReader(made);
    const judged = context.creates.flatMap((create) => {
      const problems = reader.problemsOf(create);
      return create.isWarmUp || !hasHalves(create) ? [] : [findingOf({ create, problems, made })];
    });
    if (judged.length === 0) return notExercised("no create had to do with a call");
    return worstOf(judged, `each call and output of ${judged.length} creates had its other half`);
  },
};

/** Whether a create has calls or outputs, or chains on a response with calls. */
function hasHalves({ input, parent }: ObservedCreate): boolean {
  return input.some((item) => "call_id" in item) || parent?.output.some(({ item }) => "call_id" in item) === true;
}

const WHAT: Readonly<Record<PairingProblem["kind"], (id: string) => string>> = {
  "open-call": (id) => `leaves call ${id} without an output`,
  "orphan-output": (id) => `answers call ${id}, which the model does not see`,
  "second-output": (id) => `answers call ${id} twice`,
  "second-call": (id) => `holds call ${id} twice`,
  "second-item": (id) => `holds item ${id} twice`,
};

type Judged = {
  readonly create: ObservedCreate;
  readonly problems: readonly PairingProblem[];
  readonly made: CallsMade;
};

function findingOf({ create, problems, made }: Judged): Finding {
  const { session, connection, event } = create;
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
