import { digestOfText } from "../../determinism/stable-json.ts";
import type { ObservedCreate } from "../../history/creates.ts";
import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import type { Finding } from "../verdict.ts";

/** INV-15: what was composed for one connection is not sent on another. */
export const deltaStaysHome: Checker = {
  name: "delta-stays-home",
  rule: "INV-15",
  claim:
    "A create that only continues a response goes over the connection that made that response; on any other, the retry holds everything.",
  evidence: "What was sent or made on the first connection, and the create on the other one.",
  undecided:
    "Not exercised where nothing was sent on another connection after a chained create, and where the responses are stored: then a continuation means the same everywhere.",
  source: "failures.md INV-15 (B29, B36); protocol.md §4.3, §4.4",
  advice:
    "Compose the create anew for each attempt, after the connection that will carry it is known; never keep a frame to send it again.",
  check({ creates }) {
    const findings = judge(creates);
    if (findings.length === 0) return notExercised("no connection came after one that a response was continued on");
    return worstOf(findings, `each of ${findings.length} creates on a later connection was composed for it`);
  },
};

const HOLDS: Finding = { outcome: "holds", message: "", evidence: [] };

/** One finding for each create that comes on another connection than a continuation, or an answer, before it. */
function judge(creates: readonly ObservedCreate[]): readonly Finding[] {
  const latestHome = new Map<number, number>();
  const deltas = new Map<string, ObservedCreate>();
  const findings: Finding[] = [];
  for (const create of creates) {
    const { session, connection, event } = create;
    const home = homeOf(create);
    const key = `${session}/${digestOfText(JSON.stringify(create.input))}`;
    const sentBefore = deltas.get(key);
    const before = latestHome.get(session);
    if (home !== undefined && home !== connection) findings.push(movedAnchor(create, home));
    else if (sentBefore !== undefined && sentBefore.connection !== connection && home === undefined) {
      findings.push(strippedDelta(sentBefore, create));
    } else if (before !== undefined && before !== connection) findings.push(HOLDS);
    if (home !== undefined && addsTo(create)) deltas.set(key, create);
    const answeredOn = create.response !== undefined && event.body?.["store"] === false ? connection : before;
    if (answeredOn !== undefined) latestHome.set(session, answeredOn);
  }
  return findings;
}

/** The connection that an unstored parent was made on; undefined where it names none, or a stored one. */
function homeOf({ parent }: ObservedCreate): number | undefined {
  return parent?.create.body?.["store"] === false ? parent.connection : undefined;
}

/** Whether there is anything before the input: behind an empty warm-up, the input is everything. */
function addsTo({ effectiveInput = [], input }: ObservedCreate): boolean {
  return effectiveInput.length > input.length && input.length > 0;
}

function movedAnchor({ session, connection, event, parent }: ObservedCreate, home: number): Finding {
  return {
    outcome: "violated",
    message: `session ${session}: what continues ${parent?.id ?? "?"} of connection ${home} was sent on connection ${connection}`,
    evidence: evidenceOf(parent?.created, event),
  };
}

function strippedDelta(first: ObservedCreate, { session, connection, event }: ObservedCreate): Finding {
  return {
    outcome: "violated",
    message: `session ${session}: the input that continued ${first.previousResponseId ?? "?"} on connection ${first.connection} was sent as it was, without its id, on connection ${connection}`,
    evidence: evidenceOf(first.event, event),
  };
}
