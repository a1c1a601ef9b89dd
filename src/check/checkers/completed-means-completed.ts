import type { ObservedTurn } from "../../history/turns.ts";
import { callsOf } from "../../history/responses.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import type { Finding } from "../verdict.ts";

/** INV-22: a turn counts as completed only on `response.completed` of its last response. */
export const completedMeansCompleted: Checker = {
  name: "completed-means-completed",
  rule: "INV-22",
  claim: "A turn that ends as completed has received response.completed of its final response.",
  evidence: "The start of the turn, the response that did not complete, and the end of the turn.",
  undecided: "Not exercised where no turn ended as completed.",
  source: "failures.md INV-22 (B19, B30); protocol.md §3.5, §3.9 (1000 without a terminal event is a failure)",
  advice: "Take neither an end of the stream nor a clean close for the end of a response: only its terminal event is.",
  check(context) {
    const completed = context.turns.filter(({ ended }) => ended?.outcome === "completed");
    if (completed.length === 0) return notExercised("no turn ended as completed");
    const findings = completed.map((turn) => findingOf(turn, context));
    return worstOf(findings, `each of ${completed.length} completed turns had its response.completed`);
  },
};

function findingOf(turn: ObservedTurn, { responses }: CheckContext): Finding {
  const { session, started, ended } = turn;
  const own = responses.filter(
    (response) =>
      response.session === session &&
      response.create.sequence > started.sequence &&
      response.create.sequence < (ended?.sequence ?? Number.POSITIVE_INFINITY),
  );
  const final = own.find((response) => response.completedDelivered !== undefined && callsOf(response).length === 0);
  if (final !== undefined) return { outcome: "holds", message: "", evidence: [] };
  const last = own.at(-1);
  return {
    outcome: "violated",
    message:
      `session ${session}: turn ${turn.turn} ended as completed, ` +
      (last === undefined
        ? "but no response of it was ever begun"
        : `but response.completed of ${last.id} was never received`),
    evidence: evidenceOf(started, last?.created, ended),
  };
}
