import type { Contract } from "../../plan/contract.ts";
import { jitterWindow } from "../backoff-window.ts";
import { type CheckContext, type Checker, evidenceOf, notExercised } from "../checker.ts";
import { collectFailedAttempts, type FailedAttempt } from "../retry-waits.ts";
import { type AttemptWithWait, ownWaits } from "../wait-findings.ts";
import { printMs } from "../timing.ts";
import type { Finding } from "../verdict.ts";

const CLAIM =
  "When 20 clients or more are cut at one instant, their retries are spread: over 20 % of the delay at least, or most of the jitter that is promised.";
const UNDECIDED =
  "Unknown where the spread falls short by less than the harness itself was late, or too few of a fleet dialled again. Not exercised below 20 sessions that were failed within one second.";
const ADVICE =
  "Draw each delay at random, for each client anew; a delay that is computed alone sends the whole fleet back at once.";

/** INV-32: a fleet that was cut at once does not come back at once. */
export const retriesSpread: Checker = {
  name: "retries-spread",
  rule: "INV-32",
  claim: CLAIM,
  evidence: "The dials of one round that came within one window.",
  undecided: UNDECIDED,
  source: "failures.md INV-32 (B62), with the numbers of protocol.md §7 B3",
  advice: ADVICE,
  check: (context) => judgeSpread(context),
};

/** B3: the same as a rule of thumb. */
export const fleetSpreads: Checker = {
  name: "fleet-spreads",
  rule: "B3",
  claim: CLAIM,
  evidence: "The dials of one round that came within one window.",
  undecided: UNDECIDED,
  source: "protocol.md §7 B3 (AWS: exponential backoff and jitter)",
  advice: ADVICE,
  check: (context) => judgeSpread(context),
};

/** From how many clients on it is a fleet. */
const FLEET_MIN = 20;
/** Failures within this time count as one instant, in ms. */
const INSTANT_MS = 1_000;

/** The n-th wait of each session of a fleet. */
type Round = { readonly failures: number; readonly waits: readonly AttemptWithWait[] };

function judgeSpread(context: CheckContext): Finding {
  const attempts = collectFailedAttempts(context);
  const rounds = roundsOf(ownWaits(attempts));
  if (rounds.length === 0) return missedFleet(attempts);
  const findings = rounds.toSorted(byLongestFirst).map((round) => roundFinding(round, context.contract));
  const clear =
    findings.find(({ outcome }) => outcome === "violated") ?? findings.find(({ outcome }) => outcome === "holds");
  return clear ?? findings[0] ?? notExercised("there was no round");
}

/** Too few waits to compare: because there was no fleet, or because not all of it came back by itself. */
function missedFleet(attempts: readonly FailedAttempt[]): Finding {
  const first = attempts.filter(({ failuresInRow }) => failuresInRow === 1);
  const failedAt = new Map(first.map(({ session, end }) => [session, end.event.atMs]));
  if (failedAt.size < FLEET_MIN || spreadOf([...failedAt.values()]) > INSTANT_MS) {
    return notExercised(`no ${FLEET_MIN} sessions were failed at once`);
  }
  const message = `${failedAt.size} sessions were failed at once, and fewer than ${FLEET_MIN} of them dialled again in step`;
  return { outcome: "unknown", message, evidence: [] };
}

function roundsOf(waits: readonly AttemptWithWait[]): readonly Round[] {
  const counts = [...new Set(waits.map(({ failuresInRow }) => failuresInRow))];
  return counts.flatMap((failures) => {
    const own = firstOfEachSession(waits.filter((wait) => wait.failuresInRow === failures));
    const isFleet = own.length >= FLEET_MIN && spreadOf(own.map(({ end }) => end.event.atMs)) <= INSTANT_MS;
    return isFleet ? [{ failures, waits: own }] : [];
  });
}

/** The longest waits tell most: what the harness and the machine add by themselves is the smallest part of them. */
function byLongestFirst(left: Round, right: Round): number {
  return right.failures - left.failures;
}

function firstOfEachSession(waits: readonly AttemptWithWait[]): readonly AttemptWithWait[] {
  const known = new Set<number>();
  return waits.filter(({ session }) => {
    const isFirst = !known.has(session);
    known.add(session);
    return isFirst;
  });
}

function roundFinding({ failures, waits }: Round, contract: Contract): Finding {
  const sorted = waits.toSorted((left, right) => left.wait.notedMs - right.wait.notedMs);
  const [shortest] = sorted;
  const longest = sorted.at(-1);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (shortest === undefined || longest === undefined || middle === undefined) return notExercised("an empty round");
  const spreadMs = longest.wait.notedMs - shortest.wait.notedMs;
  const leastMs = middle.wait.notedMs * leastShare(contract);
  const toleranceMs = Math.max(...waits.map(({ wait }) => wait.toleranceMs));
  const message =
    `${waits.length} sessions: after failure ${failures} they waited ${printMs(shortest.wait.notedMs)} to ` +
    `${printMs(longest.wait.notedMs)}, a spread of ${printMs(spreadMs)}`;
  const evidence = evidenceOf(
    shortest.end.event,
    shortest.wait.next.dialled,
    longest.end.event,
    longest.wait.next.dialled,
  );
  if (spreadMs >= leastMs) return { outcome: "holds", message, evidence: [] };
  const expected = `${message}, and ${printMs(leastMs)} is the least`;
  return spreadMs < leastMs - toleranceMs
    ? { outcome: "violated", message: expected, evidence }
    : { outcome: "unknown", message: `${expected}; the harness was up to ${printMs(toleranceMs)} late`, evidence };
}

/** B3 asks for a fifth of the delay. A client that promises a narrow jitter keeps its word with less. */
function leastShare({ backoff }: Contract): number {
  const share = 0.2;
  if (backoff === "unstated") return share;
  const { from, to } = jitterWindow(backoff.jitter);
  return to === from ? share : Math.min(share, 0.4 * (to - from));
}

function spreadOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
