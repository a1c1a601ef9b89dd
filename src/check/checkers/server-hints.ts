import { collectDials, collectUnansweredDials, type ObservedDial, type ServerHint } from "../../history/dials.ts";
import type { HistoryEvent } from "../../history/event.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { isPrompt, openTurnAt } from "../retry-waits.ts";
import { LATENESS_MS, printMs, timingOf } from "../timing.ts";
import type { Finding } from "../verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };
const UNDECIDED =
  "Unknown where an attempt is off by less than the harness itself was late. Not exercised where no server said how long to wait, or only behind an error that the client left for, or nothing was tried after it.";
const ADVICE =
  "Read Retry-After from the answer to the upgrade and from the headers of an error event, and let it go before your own delay.";

/** INV-35: a server that says how long to wait is not asked before. */
export const serverHints: Checker = {
  name: "server-hints",
  rule: "INV-35",
  claim: "After a Retry-After the next dial or create comes when that time has passed, and not before.",
  evidence: "The hint, and the dial or create that came too early.",
  undecided: UNDECIDED,
  source: "failures.md INV-35 (B61, B62, B66)",
  advice: ADVICE,
  check: (context) => judgeHints(context, "not before"),
};

/** B5: the same, and not for ever after. */
export const hintsAreKept: Checker = {
  name: "hints-are-kept",
  rule: "B5",
  claim:
    "After a hint of d the next attempt of the turn comes between d and 2 d + 1 s; a hint over 60 s may end the turn instead.",
  evidence: "The hint, and the attempt that came too early, too late or not at all.",
  undecided: UNDECIDED,
  source: "protocol.md §7 B5",
  advice: ADVICE,
  check: (context) => judgeHints(context, "in time"),
};

/** Longer hints are not obeyed by real clients either: they end the turn, or fall back to their own delay. */
const HINT_MS_MAX = 60_000;

type Hinted = {
  readonly session: number;
  /** The attempt that met the hint. */
  readonly dial: ObservedDial;
  readonly hint: ServerHint;
  readonly next: HistoryEvent;
};

function judgeHints(context: CheckContext, how: "not before" | "in time"): Finding {
  const hinted = hintsOf(collectDials(context.history), context);
  if (hinted.length === 0) return notExercised("no hint was followed by another attempt");
  const timing = timingOf(context.history);
  const { idleDeadlineMs } = context.contract;
  return worstOf(
    hinted.map((one) => {
      const toleranceMs = timing.toleranceMs(one.hint.event.atMs, one.next.atMs);
      // A client whose own deadline passed meanwhile may have left before the hint came to it.
      const isClear = isPrompt(one.dial, { met: one.hint.event, next: one.next }, { timing, idleDeadlineMs });
      return hintFinding(one, { how, toleranceMs, isClear });
    }),
    `each of ${hinted.length} hints was kept`,
  );
}

function hintsOf(dials: readonly ObservedDial[], { turns, history }: CheckContext): readonly Hinted[] {
  return dials.flatMap((dial) =>
    dial.hints
      .filter((hint) => hint.waitMs > 0 && hint.waitMs <= HINT_MS_MAX && !isBehindAnError(dial, hint))
      .flatMap((hint) => {
        const { session } = dial;
        const turn = openTurnAt(turns, session, hint.event);
        const next = attemptsOf(session, dials, history).find(({ sequence }) => sequence > hint.event.sequence);
        const isSameTurn = next !== undefined && turn !== undefined && openTurnAt(turns, session, next) === turn;
        return isSameTurn ? [{ session, dial, hint, next }] : [];
      }),
  );
}

/**
 * Whether the create had been answered with an error before, and was the last one on its connection: a client that leaves
 * for the first error reads nothing behind it, and INV-17 advises to leave.
 */
function isBehindAnError({ creates }: ObservedDial, { event }: ServerHint): boolean {
  if (creates.some(({ sent }) => sent.sequence > event.sequence)) return false;
  const last = creates.at(-1);
  return last?.refusal !== undefined && last.ended !== undefined && last.ended.sequence < event.sequence;
}

/** Dials and creates of a session, in order, also those that nobody answered. */
function attemptsOf(
  session: number,
  dials: readonly ObservedDial[],
  history: readonly HistoryEvent[],
): readonly HistoryEvent[] {
  const unanswered = collectUnansweredDials(history).filter((dial) => dial.session === session);
  return dials
    .filter((dial) => dial.session === session)
    .flatMap(({ dialled, creates }): readonly HistoryEvent[] => [dialled, ...creates.map(({ sent }) => sent)])
    .concat(unanswered)
    .toSorted((left, right) => left.sequence - right.sequence);
}

function hintFinding(
  { session, hint, next }: Hinted,
  {
    how,
    toleranceMs,
    isClear,
  }: { readonly how: "not before" | "in time"; readonly toleranceMs: number; readonly isClear: boolean },
): Finding {
  const { waitMs, event } = hint;
  const waitedMs = next.atMs - event.atMs;
  const mostMs = 2 * waitMs + 1_000 + LATENESS_MS;
  const isEarly = waitedMs < waitMs - 1;
  const isLate = how === "in time" && waitedMs > mostMs;
  if (!isEarly && !isLate) return FINE;
  const beyondMs = isEarly ? waitMs - waitedMs : waitedMs - mostMs;
  const what = `session ${session}: the server asked to wait ${printMs(waitMs)}, and the next attempt came after ${printMs(waitedMs)}`;
  const evidence = evidenceOf(event, next);
  return beyondMs > toleranceMs && (isClear || isLate)
    ? { outcome: "violated", message: what, evidence }
    : { outcome: "unknown", message: `${what}; the harness was up to ${printMs(toleranceMs)} late`, evidence };
}
