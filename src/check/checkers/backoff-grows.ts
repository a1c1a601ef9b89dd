import { type Checker, notExercised, worstOf } from "../checker.ts";
import { collectFailedAttempts } from "../retry-waits.ts";
import { earlyFinding, lateFinding, ownWaits } from "../wait-findings.ts";

/** INV-31: the waits between failed attempts grow as promised, and stay under the cap. */
export const backoffGrows: Checker = {
  name: "backoff-grows",
  rule: "INV-31",
  claim: "After each failure in a row the wait lies in the window that the client promises: it grows, up to its cap.",
  evidence: "The failure, and the next dial.",
  undecided:
    "Unknown where a wait misses its window by less than the harness itself was late, or dials could not be seen. Not exercised where the client states no backoff, or no attempt was followed by another.",
  source: "failures.md INV-31 (B61, B62, B67, B68); protocol.md §7",
  advice:
    "Look at where the delay is computed: a constant, a counter that starts again too early, or a second path that dials by itself.",
  check(context) {
    const { backoff } = context.contract;
    if (backoff === "unstated") return notExercised("the client states no backoff");
    const waits = ownWaits(collectFailedAttempts(context));
    if (waits.length === 0) return notExercised("no failed attempt was followed by another");
    return worstOf(
      // Failures are counted in the client's favour here; INV-33 tells whether it starts again too early.
      waits.flatMap((one) => [
        ...(one.wait.isClear ? [earlyFinding(one, one.failuresSinceOpen, backoff)] : []),
        lateFinding(one, backoff),
      ]),
      `each of ${waits.length} waits was as promised`,
    );
  },
};
