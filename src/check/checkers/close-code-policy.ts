import {
  collectDials,
  collectUnansweredDials,
  type ConnectionEnd,
  hasWorkInFlight,
  type ObservedDial,
} from "../../history/dials.ts";
import type { HistoryEvent } from "../../history/event.ts";
import type { ObservedTurn } from "../../history/turns.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import {
  CLOSE_UNANSWERED,
  DETERMINISTIC_CLOSE_CODES,
  laterDials,
  RECOVERABLE_CLOSE_CODES,
  repeatsOf,
} from "../repeats.ts";
import { openTurnAt } from "../retry-waits.ts";
import type { Finding } from "../verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };

/** INV-29: each close code means one thing, clean or not. */
export const closeCodePolicy: Checker = {
  name: "close-code-policy",
  rule: "INV-29",
  claim:
    "While a turn is open, 1000, 1001, 1005, 1006, 1011, 1012 and 1013 are recovered from; what 1002, 1003 and 1007 to 1010 answered is not sent again unchanged, and what 4401 and 4403 answered twice neither.",
  evidence: "The create, where one was under way, the close, and the attempt that came or the end without one.",
  undecided:
    "Unknown where the run ended before the turn was over, and where the client answered a Close frame with none: it may have left before it read that one. Not exercised where no connection was closed with such a code while a turn was open.",
  source: "failures.md INV-29 (B42, B60, B63, B65); RFC 6455 §7.4.1",
  advice:
    "Decide by one table over all close codes, and do not ask whether the close was clean: a restarting server says 1012, and a clean 1000 in the middle of work is a failure too.",
  check(context) {
    const dials = collectDials(context.history);
    const judged = dials.flatMap((dial) => closeFindings(dial, dials, context));
    if (judged.length === 0) return notExercised("no connection was closed with a telling code while a turn was open");
    return worstOf(judged, `each of ${judged.length} close codes was treated as what it is`);
  },
};

const AUTHENTICATION_CLOSE_CODES: readonly number[] = [4401, 4403];

function closeFindings(dial: ObservedDial, dials: readonly ObservedDial[], context: CheckContext): readonly Finding[] {
  const { end, session } = dial;
  if (end?.how !== "close-frame" || end.by !== "peer") return [];
  if (openTurnAt(context.turns, session, end.event) === undefined) return [];
  // A Close frame without a code is 1005 by RFC 6455 §7.1.5.
  const code = end.closeCode ?? 1005;
  if (RECOVERABLE_CLOSE_CODES.includes(code)) return recoveryFindings(dial, end, { dials, context, code });
  const isAuthentication = AUTHENTICATION_CLOSE_CODES.includes(code);
  if (!DETERMINISTIC_CLOSE_CODES.includes(code) && !isAuthentication) return [];
  return [repeatFinding(dial, end, { dials, context, code, allowed: isAuthentication ? 1 : 0 })];
}

type Surroundings = { readonly dials: readonly ObservedDial[]; readonly context: CheckContext; readonly code: number };

/** The first loss of a turn alone is judged: what comes later may have met the end of the budget. */
function recoveryFindings(dial: ObservedDial, end: ConnectionEnd, { dials, context, code }: Surroundings): Finding[] {
  const { session } = dial;
  const { turns, contract, history } = context;
  const turn = openTurnAt(turns, session, end.event);
  if (turn === undefined || mayRefuse(dial, contract)) return [];
  const isFirst = !dials.some(
    (other) =>
      other.session === session &&
      other.end?.by === "peer" &&
      other.end.event.sequence > turn.started.sequence &&
      other.end.event.sequence < end.event.sequence,
  );
  if (!isFirst || wasOverBefore(dial, turn, history)) return [];
  const isDialled = collectUnansweredDials(history).some(
    (later) => later.sequence > end.event.sequence && openTurnAt(turns, session, later) === turn,
  );
  if (isDialled || laterDials(end.event, dials, turns).length > 0 || turn.ended?.outcome === "completed") return [FINE];
  const what = `session ${session}: the connection was closed with ${code} while turn ${turn.turn} was open`;
  if (turn.ended === undefined && turn.overdue === undefined) {
    return [
      {
        outcome: "unknown",
        message: `${what}, and the run ended before the turn did`,
        evidence: evidenceOf(end.event),
      },
    ];
  }
  const evidence = evidenceOf(end.event, turn.overdue ?? turn.ended);
  return [{ outcome: "violated", message: `${what}, and the client did not dial again`, evidence }];
}

/** Whether the client had said that the turn failed before its connection was closed: the end of the turn is told later. */
function wasOverBefore(dial: ObservedDial, { ended }: ObservedTurn, history: readonly HistoryEvent[]): boolean {
  const last = dial.creates.at(-1);
  const close = dial.end?.event.sequence ?? 0;
  if (last === undefined || ended?.outcome !== "failed" || hasWorkInFlight(dial)) return false;
  return history.some(
    ({ kind, session, sequence }) =>
      (kind === "error-shown" || kind === "gave-up") &&
      session === dial.session &&
      sequence > last.sent.sequence &&
      sequence < close,
  );
}

/** A client may say that it does not try again, or not after its user has seen a part of the answer. */
function mayRefuse(
  { received, end }: ObservedDial,
  { backoff, retryAfterVisibleOutput }: CheckContext["contract"],
): boolean {
  if (backoff !== "unstated" && backoff.attemptsMax === 0) return true;
  if (retryAfterVisibleOutput) return false;
  return received.some(
    (event) =>
      event.kind === "message" &&
      event.type === "response.output_text.delta" &&
      event.sequence < (end?.event.sequence ?? 0),
  );
}

/** Whether the connection of a dial or create was closed over the client's credentials. */
function isTurnedAway({ session, connection }: HistoryEvent, dials: readonly ObservedDial[]): boolean {
  const own = dials.find((dial) => dial.session === session && dial.connection === connection);
  return own?.end?.by === "peer" && AUTHENTICATION_CLOSE_CODES.includes(own.end.closeCode ?? 1005);
}

function repeatFinding(
  dial: ObservedDial,
  end: ConnectionEnd,
  { dials, context, code, allowed }: Surroundings & { readonly allowed: number },
): Finding {
  const inFlight = dial.creates.find(({ ended }) => ended === undefined);
  const repeats =
    inFlight === undefined
      ? []
      : repeatsOf(inFlight, dials, context.turns).filter(({ sent }) => sent.sequence > end.event.sequence);
  // Before anything was sent, dialling is what the code answered.
  const redials = dial.creates.length > 0 ? [] : laterDials(end.event, dials, context.turns);
  const tries = [...repeats.map(({ sent }) => sent), ...redials.map(({ dialled }) => dialled)];
  const again = tries[allowed];
  // Where a try was let in, or lost in another way, nothing says that the credentials are still what is wrong.
  if (again === undefined || !tries.slice(0, allowed).every((attempt) => isTurnedAway(attempt, dials))) return FINE;
  const what = dial.creates.length > 0 ? "the same create was sent again" : "the client dialled again";
  const message = `session ${dial.session}: the connection was closed with ${code}, which the same bytes will meet again, and ${what}`;
  const evidence = evidenceOf(inFlight?.sent, end.event, again);
  if (dial.clientClose === undefined)
    return { outcome: "unknown", message: `${message}; ${CLOSE_UNANSWERED}`, evidence };
  return { outcome: "violated", message, evidence };
}
