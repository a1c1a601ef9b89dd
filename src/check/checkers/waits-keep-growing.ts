import { type Checker, notExercised, worstOf } from "../checker.ts";
import { collectFailedAttempts } from "../retry-waits.ts";
import { hammeringFinding, lateFinding, ownWaits } from "../wait-findings.ts";

/** B2: waits do not stay short, and do not go beyond the cap. */
export const waitsKeepGrowing: Checker = {
  name: "waits-keep-growing",
  rule: "B2",
  claim:
    "No wait goes beyond the cap and its jitter; a client that states no delays does not fail eight times in a row without one wait of 100 ms.",
  evidence: "The failure and the next dial; or the first and the last of eight waits.",
  undecided:
    "Unknown where a wait is over the cap by less than the harness itself was late, or dials could not be seen. Not exercised where no attempt was followed by another.",
  source: "protocol.md §7 B2 (truncated exponential backoff); failures.md B61, B68: 100 ms loops for hours",
  advice:
    "Let the delay double with each failure in a row, from some hundred milliseconds up to some seconds, and draw within it.",
  check(context) {
    const { backoff } = context.contract;
    const attempts = collectFailedAttempts(context);
    const waits = ownWaits(attempts);
    if (waits.length === 0) return notExercised("no failed attempt was followed by another");
    const sessions = [...new Set(waits.map(({ session }) => session))];
    const findings =
      backoff === "unstated"
        ? sessions.map((session) => hammeringFinding(attempts.filter((attempt) => attempt.session === session)))
        : waits.map((wait) => lateFinding(wait, backoff));
    return worstOf(findings, `none of ${waits.length} waits was out of bounds`);
  },
};
