import { type Checker, notExercised, worstOf } from "../checker.ts";
import { collectFailedAttempts } from "../retry-waits.ts";
import { earlyFinding, ownWaits } from "../wait-findings.ts";

/** B1: no dial comes before the client's own window opens. */
export const dialsNotEarly: Checker = {
  name: "dials-not-early",
  rule: "B1",
  claim: "No attempt comes earlier after a failure than the client's stated window allows.",
  evidence: "The failure, and the next dial.",
  undecided:
    "Unknown where a dial is early by less than the harness itself was late. Not exercised where the client states no window, or no attempt was followed by another.",
  source: "protocol.md §7 B1 (RFC 6455 §7.2.3)",
  advice:
    "Look for a dial that does not go through the backoff: an error handler, a queue that flushes, a second timer.",
  check(context) {
    const { backoff } = context.contract;
    if (backoff === "unstated") return notExercised("the client states no window");
    const waits = ownWaits(collectFailedAttempts(context)).filter(({ wait }) => wait.isClear);
    if (waits.length === 0) return notExercised("no failed attempt was followed by another");
    return worstOf(
      waits.map((wait) => earlyFinding(wait, wait.failuresSinceOpen, backoff)),
      `none of ${waits.length} dials was early`,
    );
  },
};
