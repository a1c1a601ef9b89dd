import type { BackoffContract } from "../../plan/contract.ts";
import { waitWindow } from "../backoff-window.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { collectFailedAttempts } from "../retry-waits.ts";
import { type AttemptWithWait, earlyFinding, hammeringFinding, ownWaits } from "../wait-findings.ts";
import type { Finding } from "../verdict.ts";

const ADVICE =
  "Reset the counter of failures when a response has completed, and not when a socket opens: many servers accept first and refuse afterwards.";
const UNDECIDED_BY_TIME = "Unknown where a dial is early by less than the harness itself was late.";

/** INV-33: an opened connection alone does not make the client forget its failures. */
export const backoffResetsOnSuccess: Checker = {
  name: "backoff-resets-on-success",
  rule: "INV-33",
  claim:
    "The count of failures starts again after a completed response or the promised uptime, and not with an open connection.",
  evidence: "The failure, the connection that was open in between, and the next dial.",
  undecided: `${UNDECIDED_BY_TIME} Not exercised where the client states no backoff or one that may be 0 at any time, or no connection opened between two failures.`,
  source: "failures.md INV-33 (B60, B61: the most repeated backoff bug)",
  advice: ADVICE,
  check(context) {
    const { backoff } = context.contract;
    if (backoff === "unstated") return notExercised("the client states no backoff");
    return judgeResets(context, backoff);
  },
};

/** B7: the same for every client; one without stated delays must at least not hammer a server that accepts and closes. */
export const resetsNeedUse: Checker = {
  name: "resets-need-use",
  rule: "B7",
  claim: "The count of failures starts again only after a useful success, a terminal event of a response.",
  evidence: "The failure, the connection that was open in between, and the next dial.",
  undecided: `${UNDECIDED_BY_TIME} Not exercised where no connection opened between two failures, or the stated backoff may be 0 at any time.`,
  source: "protocol.md §7 B7; failures.md B60: a loop of connect and 1008",
  advice: ADVICE,
  check(context) {
    const { backoff } = context.contract;
    if (backoff !== "unstated") return judgeResets(context, backoff);
    const flaps = collectFailedAttempts(context).filter(({ dial }) => dial.opened !== undefined);
    if (flaps.length < 2) return notExercised("no connection opened between two failures");
    const sessions = [...new Set(flaps.map(({ session }) => session))];
    return worstOf(
      sessions.map((session) => hammeringFinding(flaps.filter((flap) => flap.session === session))),
      `no hammering in ${flaps.length} connections that opened and failed`,
    );
  },
};

function judgeResets(context: CheckContext, backoff: BackoffContract): Finding {
  const telling = ownWaits(collectFailedAttempts(context)).filter(
    ({ failuresInRow, failuresSinceOpen, wait }) =>
      wait.isClear && waitWindow(backoff, failuresInRow).leastMs > waitWindow(backoff, failuresSinceOpen).leastMs,
  );
  if (telling.length === 0) return notExercised("no wait tells whether an open connection resets the count");
  return worstOf(
    telling.map((wait) => resetFinding(wait, backoff)),
    `none of ${telling.length} waits started again with an open connection`,
  );
}

function resetFinding(attempt: AttemptWithWait, backoff: BackoffContract): Finding {
  const finding = earlyFinding(attempt, attempt.failuresInRow, backoff);
  if (finding.outcome === "holds") return finding;
  const opened = evidenceOf(attempt.dial.opened);
  return {
    ...finding,
    evidence: [...new Set([...opened, ...finding.evidence])].toSorted((left, right) => left - right),
  };
}
