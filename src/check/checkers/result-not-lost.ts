import { digestOfText } from "../../determinism/stable-json.ts";
import type { ObservedResponse } from "../../history/responses.ts";
import type { ToolExecution } from "../../history/tool-operations.ts";
import type { ObservedTurn } from "../../history/turns.ts";
import { isFunctionCallOutput, outputText } from "../../protocol/items.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import type { Finding } from "../verdict.ts";

/** INV-03: what a tool returned reaches the model, exactly once. */
export const resultNotLost: Checker = {
  name: "result-not-lost",
  rule: "INV-03",
  claim: "Every result that a tool returned is in what the model sees next, exactly once.",
  evidence: "The tool's return, and the create or the end of the turn that went without its output.",
  undecided:
    "Unknown where the turn failed openly and no later turn was accepted. Not exercised where no tool returned, and where the target plays no script.",
  source: "failures.md INV-03 (B01, B02, B06, B43); protocol.md §6.7 (v, vi), §6.9",
  advice:
    "Keep a finished tool's result apart from the connection that asked for it, and put it into the next create whatever became of that connection.",
  needsScript: true,
  check(context) {
    const returned = context.executions.filter((execution) => execution.returned?.failed === false);
    if (returned.length === 0) return notExercised("no tool returned a result");
    const findings = returned.map((execution) => findingOf(execution, context));
    return worstOf(findings, `each of ${returned.length} tool results reached the model once`);
  },
};

function findingOf(execution: ToolExecution, context: CheckContext): Finding {
  const { session, returned, operation } = execution;
  const who = `session ${session}: the result of operation ${operation ?? "?"}`;
  const seen = context.responses.filter((response) => response.session === session);
  const copies = seen.map((response) => copiesOf(returned?.outputDigest, response));
  const twice = seen[copies.findIndex((count) => count > 1)];
  if (twice !== undefined) {
    return {
      outcome: "violated",
      message: `${who} stands ${Math.max(...copies)} times in what the model saw of response ${twice.id}`,
      evidence: evidenceOf(returned, twice.create),
    };
  }
  const firstWith = copies.findIndex((count) => count === 1);
  if (firstWith === -1) return neverDelivered(execution, context, who);
  // Within its turn, whatever is accepted after that must go on carrying it, or the model forgets it again.
  const next = context.turns.find(
    (turn) => turn.session === session && turn.started.sequence > execution.started.sequence,
  );
  const dropped = seen.find(
    (response, index) =>
      index > firstWith && copies[index] === 0 && response.create.sequence < (next?.started.sequence ?? Infinity),
  );
  if (dropped === undefined) return { outcome: "holds", message: "", evidence: [] };
  return {
    outcome: "violated",
    message: `${who} had reached the model, and is missing again from what it saw of response ${dropped.id}`,
    evidence: evidenceOf(returned, seen[firstWith]?.create, dropped.create),
  };
}

function copiesOf(digest: string | undefined, { effectiveInput }: ObservedResponse): number {
  const outputs = effectiveInput.filter(isFunctionCallOutput);
  return outputs.filter((output) => digestOfText(outputText(output)) === digest).length;
}

function neverDelivered({ session, started, returned }: ToolExecution, context: CheckContext, who: string): Finding {
  const turn = context.turns.findLast(
    (other) => other.session === session && other.started.sequence < started.sequence,
  );
  const evidence = evidenceOf(returned, turn?.ended ?? turn?.overdue);
  if (turn?.overdue !== undefined) {
    return { outcome: "violated", message: `${who} never reached the model; the turn stood still instead`, evidence };
  }
  if (turn?.ended?.outcome === "completed") {
    return {
      outcome: "violated",
      message: `${who} never reached the model, yet the turn ended as completed`,
      evidence,
    };
  }
  const next = laterAccepted(session, turn, context);
  if (turn?.ended !== undefined && next !== undefined) {
    const message = `${who} was neither sent in its turn, which failed, nor with the next one`;
    return { outcome: "violated", message, evidence: evidenceOf(returned, turn.ended, next.create) };
  }
  return { outcome: "unknown", message: `${who} was not sent, and nothing was accepted after its turn`, evidence };
}

function laterAccepted(
  session: number,
  turn: ObservedTurn | undefined,
  { turns, responses }: CheckContext,
): ObservedResponse | undefined {
  const later = turns.find((other) => other.session === session && turn !== undefined && other.turn > turn.turn);
  if (later === undefined) return undefined;
  return responses.find(
    (response) => response.session === session && response.create.sequence > later.started.sequence,
  );
}
