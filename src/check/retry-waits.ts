import {
  collectDials,
  type ConnectionEnd,
  hasCompleted,
  hasWorkInFlight,
  lastSignOfLifeMs,
  type ObservedDial,
} from "../history/dials.ts";
import type { HistoryEvent } from "../history/event.ts";
import type { ObservedTurn } from "../history/turns.ts";
import { keptView } from "../history/view.ts";
import type { BackoffContract } from "../plan/contract.ts";
import type { CheckContext } from "./checker.ts";
import { type Timing, timingOf } from "./timing.ts";

/**
 * An attempt that the other side failed, within a turn: a dial that came to nothing, or a connection that was lost under
 * a create or before the first one.
 */
export type FailedAttempt = {
  readonly session: number;
  readonly turn: ObservedTurn;
  readonly dial: ObservedDial;
  /** How the other side ended it. */
  readonly end: ConnectionEnd;
  /** How many attempts in a row have failed, this one included, when only a completed response ends the row. */
  readonly failuresInRow: number;
  /** The same when an opened connection ends it too: what a client counts that takes 101 for success. */
  readonly failuresSinceOpen: number;
  /** The wait for the next dial; absent where none came in the same turn. */
  readonly wait: RetryWait | undefined;
};

/** From a failure to the next dial of the session. */
export type RetryWait = {
  readonly next: ObservedDial;
  /** From the earliest moment at which the client can have known; the real wait is not longer. */
  readonly longestMs: number;
  /** From the moment at which the end was noted. */
  readonly notedMs: number;
  /** How far the harness's own lateness may have shifted that. */
  readonly toleranceMs: number;
  /** By how much a wait may look shorter than it was. */
  readonly earlyToleranceMs: number;
  /**
   * Whether the end that was noted is what the client reacted to. Where it had waited so long that its own deadline may
   * have passed, it may have left before that end came to it.
   */
  readonly isClear: boolean;
  /** The server said how long to wait, and its word goes before the client's own rule. */
  readonly isHinted: boolean;
  /** Dials in between may have been invisible, because they were refused before anybody could see them. */
  readonly isBlind: boolean;
};

/** Every attempt that was failed by the other side, session by session, each in order. */
export const collectFailedAttempts: (context: CheckContext) => readonly FailedAttempt[] = keptView(
  readFailedAttempts,
  ({ history }) => history.length,
);

function readFailedAttempts(context: CheckContext): readonly FailedAttempt[] {
  const dials = collectDials(context.history);
  const sessions = new Set(dials.map(({ session }) => session));
  return [...sessions].flatMap((session) =>
    attemptsOf(
      dials.filter((dial) => dial.session === session),
      context,
    ),
  );
}

/** The turn of a session that was open when an event was noted. */
export function openTurnAt(
  turns: readonly ObservedTurn[],
  session: number,
  { sequence }: HistoryEvent,
): ObservedTurn | undefined {
  return turns.findLast(
    (turn) =>
      turn.session === session &&
      turn.started.sequence < sequence &&
      (turn.ended === undefined || turn.ended.sequence > sequence),
  );
}

/** How many failures in a row there are for both ways of counting. */
type Row = { inRow: number; sinceOpen: number; turn: ObservedTurn | undefined };

function attemptsOf(dials: readonly ObservedDial[], context: CheckContext): readonly FailedAttempt[] {
  const { turns, contract, history } = context;
  const { idleDeadlineMs } = contract;
  const measure: Measure = { turns, idleDeadlineMs, timing: timingOf(history), blind: blindWindows(history) };
  const row: Row = { inRow: 0, sinceOpen: 0, turn: undefined };
  const attempts: FailedAttempt[] = [];
  for (const [index, dial] of dials.entries()) {
    if (hasCompleted(dial) || wasUpLongEnough(dial, contract.backoff)) Object.assign(row, { inRow: 0, sinceOpen: 0 });
    if (dial.opened !== undefined) row.sinceOpen = 0;
    const end = failureOf(dial);
    const turn = end === undefined ? undefined : openTurnAt(turns, dial.session, end.event);
    if (end === undefined || turn === undefined) continue;
    // Whoever is asked again by the user may start afresh.
    if (row.turn !== turn) Object.assign(row, { inRow: 0, sinceOpen: 0, turn });
    row.inRow += 1;
    row.sinceOpen += 1;
    const wait = waitFor(dials[index + 1], { dial, end, turn }, measure);
    const { session } = dial;
    attempts.push({ session, turn, dial, end, failuresInRow: row.inRow, failuresSinceOpen: row.sinceOpen, wait });
  }
  return attempts;
}

/**
 * A client's timer counts from the start of the turn of its event loop, not from the call that starts it, so it may fire
 * early by what came before in that turn, in ms.
 */
const CLIENT_TIMER_MS = 25;

type Measure = {
  readonly turns: readonly ObservedTurn[];
  readonly timing: Timing;
  readonly idleDeadlineMs: number;
  readonly blind: readonly { readonly fromMs: number; readonly toMs: number }[];
};

function waitFor(
  next: ObservedDial | undefined,
  { dial, end, turn }: Pick<FailedAttempt, "dial" | "end" | "turn">,
  measure: Measure,
): RetryWait | undefined {
  const { turns, timing, blind } = measure;
  if (next === undefined || openTurnAt(turns, dial.session, next.dialled) !== turn) return undefined;
  const { atMs } = next.dialled;
  const toleranceMs = timing.toleranceMs(end.noticeableMs, atMs);
  return {
    next,
    longestMs: atMs - end.noticeableMs,
    notedMs: atMs - end.event.atMs,
    toleranceMs,
    earlyToleranceMs: end.isForeseen ? Math.min(CLIENT_TIMER_MS, toleranceMs) : toleranceMs,
    isClear: isPrompt(dial, { met: end.event, next: next.dialled }, measure),
    isHinted: dial.hints.length > 0,
    isBlind: blind.some(({ fromMs, toMs }) => fromMs <= atMs && toMs >= end.noticeableMs),
  };
}

/**
 * Whether the next attempt came so soon that no deadline of the client's own can have ended the one before.
 *
 * @param met What the client met on the dial before: its end, or a hint.
 */
export function isPrompt(
  dial: ObservedDial,
  { met, next }: { readonly met: HistoryEvent; readonly next: HistoryEvent },
  { timing, idleDeadlineMs }: { readonly timing: Timing; readonly idleDeadlineMs: number },
): boolean {
  const sinceMs = lastSignOfLifeMs(dial, met);
  return next.atMs - sinceMs + timing.toleranceMs(sinceMs, next.atMs) < idleDeadlineMs;
}

/** The end of a dial where it is a failure that a client has to count, and that was none of its own doing. */
function failureOf(dial: ObservedDial): ObservedDial["end"] {
  if (dial.end?.by !== "peer") return undefined;
  const isFailure = dial.opened === undefined || dial.creates.length === 0 || hasWorkInFlight(dial);
  return isFailure ? dial.end : undefined;
}

function wasUpLongEnough({ opened, end }: ObservedDial, backoff: BackoffContract | "unstated"): boolean {
  if (backoff === "unstated" || backoff.resetOn === "completed" || opened === undefined) return false;
  return end !== undefined && end.event.atMs - opened.atMs >= backoff.resetOn.uptimeMs;
}

/** Faults behind which a dial reaches nobody who could record it. */
const BLINDING_FAULTS: readonly unknown[] = ["refuse"];

/** Whether there was a time in which a dial reached nobody who could record it. */
export function hadBlindTime(history: readonly HistoryEvent[]): boolean {
  return blindWindows(history).length > 0;
}

function blindWindows(history: readonly HistoryEvent[]): readonly { fromMs: number; toMs: number }[] {
  return history.flatMap((event) => {
    if (event.kind !== "fault-applied" || !BLINDING_FAULTS.includes(event.fault["kind"])) return [];
    const healed = history.find(
      (later) => later.kind === "fault-healed" && later.id === event.id && later.session === event.session,
    );
    return [{ fromMs: event.atMs, toMs: healed?.atMs ?? Number.POSITIVE_INFINITY }];
  });
}
