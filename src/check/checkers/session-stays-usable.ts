import type { ObservedTurn } from "../../history/turns.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { wasStarved } from "../timing.ts";
import type { Finding } from "../verdict.ts";

/** INV-24: when everything has healed, one more turn in the same session works. */
export const sessionStaysUsable: Checker = {
  name: "session-stays-usable",
  rule: "INV-24",
  claim: "After all faults have healed, one more turn in the same session is accepted and completes.",
  evidence: "The start of the probe turn, the refusal of its create, and its end.",
  undecided:
    "Unknown where the run ended before the probe, or was late or given up while the harness itself was late by half of the client's idle deadline. Not exercised where no turn was begun.",
  source: "failures.md INV-24, §5 (2): poisoned history is the most common end state",
  advice:
    "Look at what the probe's create carried: a call without its output, an output without its call, or an id of a connection that is gone.",
  check(context) {
    const sessions = [...new Set(context.turns.map(({ session }) => session))];
    if (sessions.length === 0) return notExercised("no turn was begun");
    const findings = sessions.map((session) => findingOf(session, context));
    return worstOf(
      findings,
      `the probe turn completed in ${sessions.length === 1 ? "the session" : `each of ${sessions.length} sessions`}`,
    );
  },
};

function findingOf(session: number, { turns, history, contract }: CheckContext): Finding {
  const own = turns.filter((turn) => turn.session === session);
  const probe = own.find((turn) => turn.probe);
  if (probe !== undefined) return probeFinding(probe, { history, contract });
  const stuck = own.find((turn) => turn.overdue !== undefined && turn.ended === undefined);
  if (stuck !== undefined) {
    const message = `session ${session}: the client never came back from turn ${stuck.turn}, so nothing more could be asked`;
    const outcome = wasStarved({ history, contract }, stuck.started, stuck.overdue ?? stuck.started)
      ? "unknown"
      : "violated";
    return { outcome, message, evidence: evidenceOf(stuck.started, stuck.overdue) };
  }
  const exited = history.find((event) => event.kind === "client-exited" && !event.expected);
  if (exited !== undefined) {
    return {
      outcome: "violated",
      message: `session ${session}: the client's process is gone`,
      evidence: evidenceOf(exited),
    };
  }
  return { outcome: "unknown", message: `session ${session}: the run ended before the probe`, evidence: [] };
}

function probeFinding(
  { session, started, ended, overdue }: ObservedTurn,
  { history, contract }: Pick<CheckContext, "history" | "contract">,
): Finding {
  if (ended?.outcome === "completed" && overdue === undefined) return { outcome: "holds", message: "", evidence: [] };
  const refused = history.find(
    (event) =>
      event.session === session &&
      event.sequence > started.sequence &&
      event.kind === "target-event" &&
      event.name === "create-refused",
  );
  const exited = history.find((event) => event.kind === "client-exited" && !event.expected);
  const how =
    overdue !== undefined
      ? `was still open after ${Math.round(overdue.deadlineMs)} ms`
      : `failed: ${ended?.cause ?? "the client's process is gone"}`;
  if (overdue === undefined && ended === undefined && exited === undefined) {
    return {
      outcome: "unknown",
      message: `session ${session}: the run ended during the probe`,
      evidence: evidenceOf(started),
    };
  }
  const last = overdue ?? ended;
  // A client whose deadline is shorter than the harness was late gives up on a live peer, and is not to blame for it.
  if (last !== undefined && refused === undefined && wasStarved({ history, contract }, started, last)) {
    const message = `session ${session}: the probe turn ${how}; but the harness itself was late by as much`;
    return { outcome: "unknown", message, evidence: evidenceOf(started, last) };
  }
  return {
    outcome: "violated",
    message: `session ${session}: the probe turn ${how}`,
    evidence: evidenceOf(started, refused, overdue ?? ended ?? exited),
  };
}
