import { collectDials, hasWorkInFlight, type ObservedDial } from "../../history/dials.ts";
import type { HistoryEvent } from "../../history/event.ts";
import { longestWaitMs } from "../backoff-window.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { openTurnAt } from "../retry-waits.ts";
import { LATENESS_MS, printMs, timingOf } from "../timing.ts";
import type { Finding } from "../verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };

/** INV-27: an end that the client's own kernel knows of is acted upon at once. */
export const localErrorsAreInstant: Checker = {
  name: "local-errors-are-instant",
  rule: "INV-27",
  claim:
    "When a connection is reset or ended under a client that waits, the client reacts within a second and its own backoff: it dials, reports, or ends the turn.",
  evidence: "The end of the connection, and the first thing that the client did after it.",
  undecided:
    "Unknown where the reaction is late by less than the harness itself was, or dials could not be seen. Not exercised where no connection was reset or ended under a client that waited.",
  source: "failures.md INV-27 (B49: an RST that was ignored for 300 s; B50)",
  advice:
    "Listen to error and close of the socket for its whole life, and let either of them end the running request; a deadline is for peers that say nothing.",
  check(context) {
    const dials = collectDials(context.history);
    const lost = dials.filter((dial) => isLocallyLost(dial, context));
    if (lost.length === 0) return notExercised("no connection was reset or ended under a client that waited");
    return worstOf(
      lost.map((dial) => reactionFinding(dial, context)),
      `the client reacted to each of ${lost.length} lost connections at once`,
    );
  },
};

/** How long a reaction to a local error may take, in ms. */
const REACTION_MS = 1_000;

function isLocallyLost(dial: ObservedDial, { turns }: CheckContext): boolean {
  const { end, session, opened, hints } = dial;
  if (end?.by !== "peer" || hints.length > 0) return false;
  const isLocal = end.how === "reset" || end.how === "fin" || end.how === "close-frame";
  const isWaiting = opened === undefined || hasWorkInFlight(dial);
  return isLocal && isWaiting && openTurnAt(turns, session, end.event) !== undefined;
}

function reactionFinding(dial: ObservedDial, { contract, history, turns }: CheckContext): Finding {
  const { end, session } = dial;
  const turn = end === undefined ? undefined : openTurnAt(turns, session, end.event);
  if (end === undefined || turn === undefined) return FINE;
  const { backoff, redialDeadlineMs } = contract;
  const mostMs = REACTION_MS + (backoff === "unstated" ? redialDeadlineMs : longestWaitMs(backoff)) + LATENESS_MS;
  const after = history.filter((event) => event.session === session && event.sequence > end.event.sequence);
  const isOwn = ({ sequence }: HistoryEvent): boolean =>
    sequence < (turn.overdue?.sequence ?? Number.POSITIVE_INFINITY);
  // What the harness makes the client do, when it aborts an overdue turn, is no reaction of its own.
  const reaction = after.find((event) => isReaction(event) && isOwn(event));
  const seen = reaction ?? turn.overdue ?? history.at(-1) ?? end.event;
  const waitedMs = seen.atMs - end.event.atMs;
  if (waitedMs <= mostMs) {
    if (reaction !== undefined) return FINE;
    const message = `session ${session}: nothing more was seen of the ${printMs(waitedMs)} after connection ${dial.connection} was lost`;
    return { outcome: "unknown", message, evidence: evidenceOf(end.event) };
  }
  const isBlind = after.some(
    (event) => event.kind === "fault-applied" && event.fault["kind"] === "refuse" && event.fault["how"] === undefined,
  );
  const toleranceMs = timingOf(history).toleranceMs(end.event.atMs, seen.atMs);
  const message = `session ${session}: connection ${dial.connection} was ${end.how === "reset" ? "reset" : "ended"} by the other side, and the client did nothing for ${printMs(waitedMs)}`;
  const isClear = waitedMs > mostMs + toleranceMs && !isBlind;
  return { outcome: isClear ? "violated" : "unknown", message, evidence: evidenceOf(end.event, seen) };
}

function isReaction(event: HistoryEvent): boolean {
  switch (event.kind) {
    case "dialled":
    case "dial-unanswered":
    case "turn-ended":
    case "error-shown":
    case "gave-up":
    case "text-retracted":
      return true;
    default:
      return event.kind === "message" && event.source === "client-face" && event.direction === "to-server";
  }
}
