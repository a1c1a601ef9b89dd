import { collectDials, collectUnansweredDials, type UnansweredDial } from "../../history/dials.ts";
import type { ObservedTurn } from "../../history/turns.ts";
import type { Contract } from "../../plan/contract.ts";
import { longestWaitMs } from "../backoff-window.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectFailedAttempts, type FailedAttempt, openTurnAt } from "../retry-waits.ts";
import { LATENESS_MS, printMs, timingOf } from "../timing.ts";
import type { Finding } from "../verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };

/** INV-34: a turn has a budget, over all layers. */
export const retriesAreBounded: Checker = {
  name: "retries-are-bounded",
  rule: "INV-34",
  claim: "A turn sends no more failed creates, and an outage meets no more dials in a row, than the client promises.",
  evidence: "The start of the turn, the last failure within the budget, and the first one beyond it.",
  undecided: "Unknown where dials could not be seen. Not exercised where no attempt failed.",
  source: "failures.md INV-34 (B36, B50, B60, B64, B66)",
  advice:
    "Count attempts in one place, above every layer that tries again by itself, and end the turn with an error when they are used up.",
  check(context) {
    const attempts = collectFailedAttempts(context);
    const creates = createsOfTurns(context);
    const unanswered = unansweredRuns(context);
    if (attempts.length === 0 && unanswered.length === 0 && creates.every(({ failed }) => failed.length === 0)) {
      return notExercised("no attempt failed");
    }
    return worstOf(
      [
        ...creates.map((own) => createsFinding(own, context.contract)),
        ...outagesOf(attempts).map((outage) => dialsFinding(outage, context.contract)),
        ...unanswered.map((dials) => unansweredFinding(dials, context.contract)),
      ],
      "no turn went over its budget",
    );
  },
};

/** B4: the promised number of attempts, and then a word. */
export const attemptsEndInAWord: Checker = {
  name: "attempts-end-in-a-word",
  rule: "B4",
  claim:
    "There are no more attempts in a row than stated; after the last one the turn ends with an error, never in silence.",
  evidence: "The end of the last attempt, and the deadline of the turn.",
  undecided: "Unknown where dials could not be seen. Not exercised where no attempt failed.",
  source: "protocol.md §7 B4",
  advice: "Let the last failed attempt end the turn with its cause; a loop that just stops leaves the user waiting.",
  check(context) {
    const attempts = collectFailedAttempts(context);
    if (attempts.length === 0) return notExercised("no attempt failed");
    return worstOf(
      outagesOf(attempts).flatMap((outage) => [
        dialsFinding(outage, context.contract),
        silenceFinding(outage, context),
      ]),
      "each outage ended within the stated attempts, with success or a word",
    );
  },
};

type TurnCreates = { readonly turn: ObservedTurn; readonly failed: readonly { readonly sequence: number }[] };

/** The creates of each turn that did not complete. */
function createsOfTurns({ history, turns }: CheckContext): readonly TurnCreates[] {
  const dials = collectDials(history);
  return turns.map((turn) => ({
    turn,
    failed: dials
      .filter(({ session }) => session === turn.session)
      .flatMap(({ creates }) => creates)
      .filter(
        ({ sent, ended }) => ended?.type !== "response.completed" && openTurnAt(turns, turn.session, sent) === turn,
      )
      .map(({ sent }) => sent),
  }));
}

function createsFinding({ turn, failed }: TurnCreates, { createsPerTurnMax }: Contract): Finding {
  if (failed.length <= createsPerTurnMax) return FINE;
  return {
    outcome: "violated",
    message: `session ${turn.session}: turn ${turn.turn} sent ${failed.length} creates that came to nothing, and ${createsPerTurnMax} are promised at most`,
    evidence: evidenceOf(turn.started, failed[createsPerTurnMax - 1], failed[createsPerTurnMax]),
  };
}

/** Failures in a row, within one turn, without a success in between. */
function outagesOf(attempts: readonly FailedAttempt[]): readonly (readonly FailedAttempt[])[] {
  const outages: FailedAttempt[][] = [];
  for (const attempt of attempts) {
    const current = outages.at(-1);
    if (attempt.failuresInRow === 1 || current === undefined) outages.push([attempt]);
    else current.push(attempt);
  }
  return outages;
}

/** A client that asks more slowly than this may ask for ever, where it promises no end, in ms. */
const SLOW_POLL_MS = 5_000;

/** How many failures in a row there may be: the first attempt, and those that are promised behind it. */
function failuresMaxOf({ backoff, createsPerTurnMax }: Contract): number {
  return (backoff === "unstated" ? createsPerTurnMax : backoff.attemptsMax) + 1;
}

type UnansweredRun = { readonly turn: ObservedTurn; readonly dials: readonly UnansweredDial[] };

/** Dials in a row, within one turn, that nobody answered, without one in between that somebody did. */
function unansweredRuns({ history, turns }: CheckContext): readonly UnansweredRun[] {
  const answered = collectDials(history);
  const runs: { readonly turn: ObservedTurn; readonly dials: UnansweredDial[] }[] = [];
  for (const dial of collectUnansweredDials(history)) {
    const { session, sequence } = dial;
    const turn = openTurnAt(turns, session, dial);
    if (turn === undefined) continue;
    const run = runs.findLast((other) => other.turn === turn);
    const last = run?.dials.at(-1)?.sequence ?? sequence;
    const isBroken = answered.some(
      ({ dialled }) => dialled.session === session && dialled.sequence > last && dialled.sequence < sequence,
    );
    if (run === undefined || isBroken) runs.push({ turn, dials: [dial] });
    else run.dials.push(dial);
  }
  return runs;
}

function unansweredFinding({ turn, dials }: UnansweredRun, contract: Contract): Finding {
  const attemptsMax = failuresMaxOf(contract);
  const [last, beyond] = [dials[attemptsMax - 1], dials[attemptsMax]];
  if (last === undefined || beyond === undefined) return FINE;
  const isStated = contract.backoff !== "unstated";
  const slowest = Math.max(...dials.slice(1).map(({ atMs }, index) => atMs - (dials[index]?.atMs ?? atMs)));
  if (!isStated && slowest >= SLOW_POLL_MS) return FINE;
  return {
    outcome: "violated",
    message: `session ${turn.session}: ${dials.length} dials in a row got no answer in one turn, and ${attemptsMax} are ${isStated ? "promised" : "reasonable"} at most`,
    evidence: evidenceOf(turn.started, last, beyond),
  };
}

function dialsFinding(outage: readonly FailedAttempt[], contract: Contract): Finding {
  const isStated = contract.backoff !== "unstated";
  const attemptsMax = failuresMaxOf(contract);
  const [last, beyond] = [outage[attemptsMax - 1], outage[attemptsMax]];
  const unseen = outage.find(({ wait }) => wait?.isBlind === true);
  if (beyond === undefined && unseen?.wait !== undefined) {
    const message = `session ${unseen.session}: dials may have been refused unseen, so they cannot be counted`;
    return { outcome: "unknown", message, evidence: evidenceOf(unseen.end.event, unseen.wait.next.dialled) };
  }
  if (last === undefined || beyond === undefined) return FINE;
  const slowest = Math.max(...outage.map(({ wait }) => wait?.notedMs ?? 0));
  if (!isStated && slowest >= SLOW_POLL_MS) return FINE;
  return {
    outcome: "violated",
    message: `session ${last.session}: ${outage.length} attempts in a row failed in one turn, and ${attemptsMax} are ${isStated ? "promised" : "reasonable"} at most`,
    evidence: evidenceOf(last.turn.started, last.end.event, beyond.end.event),
  };
}

/** The turn was still open at its deadline, and its last attempt had failed long before. */
function silenceFinding(outage: readonly FailedAttempt[], { contract, history }: CheckContext): Finding {
  const last = outage.at(-1);
  const overdue = last?.turn.overdue;
  if (last === undefined || overdue === undefined || last.wait !== undefined || last.dial.hints.length > 0) return FINE;
  const { backoff, redialDeadlineMs } = contract;
  const mostMs = (backoff === "unstated" ? redialDeadlineMs : longestWaitMs(backoff)) + LATENESS_MS;
  const silentMs = overdue.atMs - last.end.event.atMs;
  const isNotSilent = history.some(
    ({ kind, session, sequence }) =>
      (kind === "error-shown" || kind === "gave-up" || kind === "dial-unanswered") &&
      session === last.session &&
      sequence > last.end.event.sequence &&
      sequence < overdue.sequence,
  );
  const toleranceMs = timingOf(history).toleranceMs(last.end.event.atMs, overdue.atMs);
  if (isNotSilent || silentMs <= mostMs + toleranceMs) return FINE;
  return {
    outcome: "violated",
    message: `session ${last.session}: the last attempt failed, and for ${printMs(silentMs)} nothing was tried or said`,
    evidence: evidenceOf(last.end.event, overdue),
  };
}
