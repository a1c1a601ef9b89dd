import type { Clock } from "../determinism/clock.ts";
import type { Backoff } from "./backoff.ts";
import type { Failure } from "./failure.ts";
import type { IdleLoss, IdleLosses } from "./session-parts.ts";

/**
 * Notes connections that are lost while no request runs.
 *
 * The backoff counts from the loss, not from the next create: after a long idle time nobody waits, and when a server
 * drops a thousand sessions during their tools, they do not come back in one instant (RFC 6455 §7.2.3, INV-32).
 */
export function createIdleLosses(clock: Clock, backoff: Backoff): IdleLosses & { add(failure: Failure): void } {
  let latest: IdleLoss | undefined;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  return {
    add(failure) {
      const decision = backoff.failed(failure);
      latest = { failure, ...(decision.kind === "give-up" ? { giveUp: decision.why } : {}) };
      if (decision.kind === "retry") notBeforeMs = clock.nowMs() + decision.delayMs;
    },
    forget() {
      latest = undefined;
    },
    take() {
      const taken = latest;
      latest = undefined;
      return taken;
    },
    dialNotBeforeMs: () => notBeforeMs,
  };
}
