import { collectDials, type ObservedDial } from "../../history/dials.ts";
import type { HistoryEvent } from "../../history/event.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import { printMs, timingOf, type Timing } from "../timing.ts";
import type { Finding } from "../verdict.ts";

/** INV-36: a session has one connection at a time. */
export const singleFlight: Checker = {
  name: "single-flight",
  rule: "INV-36",
  claim:
    "At most one socket of a session is dialling or open; a new dial comes after the old socket was closed or aborted.",
  evidence: "The two dials.",
  undecided:
    "Unknown where two sockets overlap by less than the harness itself was late, or the wire was slowed so that an end may have been noted late. Not exercised where a session dialled once.",
  source: "failures.md INV-36 (B48, B55, B57, B68)",
  advice:
    "Let one place own the socket: error and close of the same socket are one loss, and whoever dials first aborts what is there and cancels the other timers.",
  check(context) {
    const dials = collectDials(context.history);
    const pairs = dials.flatMap((later, index) =>
      dials
        .slice(0, index)
        .filter((earlier) => earlier.session === later.session)
        .map((earlier) => ({ earlier, later })),
    );
    if (pairs.length === 0) return notExercised("no session dialled twice");
    const timing = timingOf(context.history);
    return worstOf(
      pairs.map((pair) => overlapFinding(pair, context, timing)),
      "each dial came after the connection before it was over",
    );
  },
};

/** A farewell may take a moment: a polite close waits for its answer, and events of two sockets have no order. */
const FAREWELL_MS = 250;

type Pair = { readonly earlier: ObservedDial; readonly later: ObservedDial };

function overlapFinding({ earlier, later }: Pair, { history }: CheckContext, timing: Timing): Finding {
  const fine: Finding = { outcome: "holds", message: "", evidence: [] };
  const end = earlier.end?.event ?? history.at(-1);
  // A client that leaves a silenced connection, or one that is not read yet, is not seen to do so.
  if (end === undefined || earlier.isMuted || earlier.requested === undefined) return fine;
  const overMs = Math.min(end.atMs, later.end?.event.atMs ?? end.atMs);
  const overlapMs = overMs - Math.max(later.dialled.atMs, earlier.requested.atMs);
  if (overlapMs <= FAREWELL_MS) return fine;
  const toleranceMs = timing.toleranceMs(later.dialled.atMs, overMs);
  const message =
    `session ${later.session}: connection ${later.connection} was dialled while connection ${earlier.connection} was there, ` +
    `and both were for ${printMs(overlapMs)}`;
  const evidence = evidenceOf(earlier.dialled, later.dialled);
  const isClear = overlapMs > FAREWELL_MS + toleranceMs && !isSlowed(later, history);
  return { outcome: isClear ? "violated" : "unknown", message, evidence };
}

/** Whether a toxic may have held back what the client did with its earlier socket. */
function isSlowed({ session, dialled }: ObservedDial, history: readonly HistoryEvent[]): boolean {
  return history.some(
    (event) =>
      event.kind === "fault-applied" &&
      event.session === session &&
      event.fault["kind"] === "toxic" &&
      event.sequence < dialled.sequence,
  );
}
