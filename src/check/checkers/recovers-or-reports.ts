import type { ObservedTurn } from "../../history/turns.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { wasStarved } from "../timing.ts";
import type { Finding } from "../verdict.ts";

/** INV-23: every turn ends, well or with a cause, within the promised time. */
export const recoversOrReports: Checker = {
  name: "recovers-or-reports",
  rule: "INV-23",
  claim: "Every turn ends within the promised time: completed, or failed with a cause. It never waits in silence.",
  evidence: "The start of the turn, the last disturbance, and the deadline that passed; or the end without a cause.",
  undecided:
    "Unknown where the run was interrupted, or reached a limit of its plan, before the turn was over, or the harness itself was late by half the idle deadline. Not exercised where no turn was begun.",
  source: "failures.md INV-23 (B39, B43, B56, B59, B63)",
  advice:
    "Look at what the client waits for after its connection is gone: an answer that only the old connection could bring, or a close event that never comes.",
  check(context) {
    const turns = context.turns.filter(({ probe }) => !probe);
    if (turns.length === 0) return notExercised("no turn was begun");
    return worstOf(
      turns.map((turn) => findingOf(turn, context)),
      `each of ${turns.length} turns ended in time`,
    );
  },
};

function findingOf(turn: ObservedTurn, context: CheckContext): Finding {
  const { history } = context;
  const { session, started, ended, overdue } = turn;
  const who = `session ${session}: turn ${turn.turn}`;
  const disturbed = history.findLast(
    (event) => event.session === session && event.kind === "fault-applied" && event.sequence < (overdue?.sequence ?? 0),
  );
  if (overdue !== undefined) {
    const waited = Math.round(overdue.deadlineMs);
    const starved = wasStarved(context, started, overdue) ? ", on a machine that was too slow for its contract" : "";
    return {
      outcome: starved === "" ? "violated" : "unknown",
      message: `${who} was still open ${waited} ms after the last disturbance${starved}`,
      evidence: evidenceOf(started, disturbed, overdue),
    };
  }
  if (ended === undefined) return unended(turn, history, who);
  if (ended.outcome === "failed" && (ended.cause ?? "").trim() === "") {
    return { outcome: "violated", message: `${who} failed without a cause`, evidence: evidenceOf(started, ended) };
  }
  return { outcome: "holds", message: "", evidence: [] };
}

function unended({ started }: ObservedTurn, history: CheckContext["history"], who: string): Finding {
  const exited = history.find((event) => event.kind === "client-exited" && !event.expected);
  // A limit is a bound of the plan and not a promise of the client, so reaching it convicts nobody.
  const limit = history.find((event) => event.kind === "limit-reached");
  if (exited !== undefined) {
    return {
      outcome: "violated",
      message: `${who} ended with the client's process`,
      evidence: evidenceOf(started, exited),
    };
  }
  if (limit?.kind === "limit-reached") {
    const message =
      `${who} was not over when the run reached its limit ${limit.limit} (${limit.value}): ` +
      "either the client floods, or the plan needs a higher limit";
    return { outcome: "unknown", message, evidence: evidenceOf(started, limit) };
  }
  return { outcome: "unknown", message: `${who} was not over when the run was`, evidence: evidenceOf(started) };
}
