import type { BackoffContract } from "../plan/contract.ts";
import { longestWaitMs, waitWindow } from "./backoff-window.ts";
import { evidenceOf } from "./checker.ts";
import type { FailedAttempt, RetryWait } from "./retry-waits.ts";
import { LATENESS_MS, printMs } from "./timing.ts";
import type { Finding } from "./verdict.ts";

const FINE: Finding = { outcome: "holds", message: "", evidence: [] };

/** Timers round down by up to a millisecond. */
const ROUNDING_MS = 1;

/** An attempt that was followed by a wait that the client chose by itself. */
export type AttemptWithWait = FailedAttempt & { readonly wait: RetryWait };

/** The attempts whose wait is the client's own: another dial came in the same turn, and no server said when. */
export function ownWaits(attempts: readonly FailedAttempt[]): readonly AttemptWithWait[] {
  return attempts.filter((attempt): attempt is AttemptWithWait => attempt.wait?.isHinted === false);
}

/** Judges that a wait was not shorter than what is promised after so many failures. */
export function earlyFinding(attempt: AttemptWithWait, failures: number, backoff: BackoffContract): Finding {
  const { wait, end } = attempt;
  const { leastMs } = waitWindow(backoff, failures);
  if (wait.longestMs >= leastMs - ROUNDING_MS) return FINE;
  const evidence = evidenceOf(end.event, wait.next.dialled);
  const what =
    `session ${attempt.session}: dial ${wait.next.connection} came ${printMs(wait.longestMs)} after failure ${failures} ` +
    `in a row, and ${printMs(leastMs)} is the least that is promised`;
  return wait.longestMs < leastMs - wait.earlyToleranceMs
    ? { outcome: "violated", message: what, evidence }
    : { outcome: "unknown", message: `${what}; it may be off by ${printMs(wait.earlyToleranceMs)}`, evidence };
}

/** Judges that a wait was not longer than the longest that is promised at all. */
export function lateFinding(attempt: AttemptWithWait, backoff: BackoffContract): Finding {
  const { wait, end } = attempt;
  const mostMs = longestWaitMs(backoff) + LATENESS_MS;
  if (wait.notedMs <= mostMs) return FINE;
  const evidence = evidenceOf(end.event, wait.next.dialled);
  const what =
    `session ${attempt.session}: dial ${wait.next.connection} came ${printMs(wait.notedMs)} after the failure before it, ` +
    `and ${printMs(longestWaitMs(backoff))} is the longest wait that is promised`;
  if (wait.isBlind) {
    return { outcome: "unknown", message: `${what}; dials in between may have been refused unseen`, evidence };
  }
  return wait.notedMs > mostMs + wait.toleranceMs
    ? { outcome: "violated", message: what, evidence }
    : { outcome: "unknown", message: `${what}; the harness was up to ${printMs(wait.toleranceMs)} late`, evidence };
}

/** So many failures in a row without one wait of {@link HAMMERING_MS} are no backoff, whatever a client calls it. */
const HAMMERING_FAILURES = 8;
const HAMMERING_MS = 100;

/**
 * Judges a client that states no delays: it must not hammer.
 *
 * Delays that are drawn from 0 may be short by chance; eight in a row that grow in between cannot be.
 */
export function hammeringFinding(attempts: readonly FailedAttempt[]): Finding {
  const waits = ownWaits(attempts);
  const isShort = ({ wait }: AttemptWithWait): boolean => wait.longestMs < HAMMERING_MS;
  const start = waits.findIndex((_, index) => {
    const run = waits.slice(index, index + HAMMERING_FAILURES);
    const first = run[0];
    return run.length === HAMMERING_FAILURES && run.every((one) => isShort(one) && one.turn === first?.turn);
  });
  const run = start === -1 ? [] : waits.slice(start, start + HAMMERING_FAILURES);
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return FINE;
  const message =
    `session ${first.session}: ${HAMMERING_FAILURES} failures in a row, and not one of the waits behind them ` +
    `reached ${HAMMERING_MS} ms`;
  return { outcome: "violated", message, evidence: evidenceOf(first.end.event, last.wait.next.dialled) };
}
