import type { ObservedCreate } from "../../history/creates.ts";
import type { ReceivedMessage } from "../../history/passages.ts";
import { isPreviousResponseNotFound, readErrorFrame } from "../../protocol/error-shapes.ts";
import { type Checker, evidenceOf, notExercised, worstOf } from "../checker.ts";
import type { Finding } from "../verdict.ts";

/** INV-14: a previous response that the server does not know is never named again. */
export const staleAnchorDropped: Checker = {
  name: "stale-anchor-dropped",
  rule: "INV-14",
  claim: "After previous_response_not_found, no create names that response again, or one that was built on it.",
  evidence: "The create that was refused, the refusal, and the create that names the response again.",
  undecided:
    "Unknown where the client had sent the create on another lane, and may not have read the error yet. Not exercised where no such error was received.",
  source: "failures.md INV-14 (B26, B27, B28); protocol.md §4.4",
  advice:
    "When a previous response is not found, forget its id at once and send the whole input without one, whatever shape the error comes in.",
  check({ creates }) {
    const refused = creates.flatMap((create) => (isRefusedAnchor(create) ? [create] : []));
    if (refused.length === 0) return notExercised("no previous response was said to be unknown");
    return worstOf(judge(creates), `none of ${refused.length} unknown responses was named again`);
  },
};

type RefusedCreate = ObservedCreate & { readonly refusal: ReceivedMessage; readonly previousResponseId: string };

function isRefusedAnchor(create: ObservedCreate): create is RefusedCreate {
  const { refusal, previousResponseId } = create;
  if (refusal === undefined || previousResponseId === undefined) return false;
  return isPreviousResponseNotFound(readErrorFrame(refusal.body));
}

/** Goes through the creates in order, and remembers what is stale by now: refused ids, and what was built on them. */
function judge(creates: readonly ObservedCreate[]): readonly Finding[] {
  const children = childrenOf(creates);
  const stale = new Map<string, RefusedCreate>();
  const findings: Finding[] = [];
  for (const create of creates) {
    const { session, previousResponseId, response } = create;
    const source = previousResponseId === undefined ? undefined : stale.get(`${session}/${previousResponseId}`);
    if (source !== undefined) findings.push(findingOf(source, create));
    if (source !== undefined && response !== undefined) stale.set(`${session}/${response.id}`, source);
    if (source === undefined && isRefusedAnchor(create)) markStale(create, { children, stale });
  }
  return findings;
}

/** The ids of the responses that were built on each response, by session and id. */
function childrenOf(creates: readonly ObservedCreate[]): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const { session, parent, response } of creates) {
    if (parent === undefined || response === undefined) continue;
    const key = `${session}/${parent.id}`;
    const known = children.get(key);
    if (known === undefined) children.set(key, [`${session}/${response.id}`]);
    else known.push(`${session}/${response.id}`);
  }
  return children;
}

/** Marks a refused id and all that was built on it before; each response is marked once. */
function markStale(
  refused: RefusedCreate,
  known: { readonly children: ReadonlyMap<string, readonly string[]>; readonly stale: Map<string, RefusedCreate> },
): void {
  const open = [`${refused.session}/${refused.previousResponseId}`];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (known.stale.has(key)) continue;
    known.stale.set(key, refused);
    open.push(...(known.children.get(key) ?? []));
  }
}

function findingOf(refused: RefusedCreate, create: ObservedCreate): Finding {
  const { refusal, session, previousResponseId } = refused;
  // A create that left before the error came cannot have taken notice of it.
  if (create.event.sequence < refusal.event.sequence) return { outcome: "holds", message: "", evidence: [] };
  const isOtherLane = create.event.lane !== refused.event.lane;
  const evidence = evidenceOf(refused.event, refusal.event, create.event);
  const named =
    create.previousResponseId === previousResponseId
      ? `names ${previousResponseId} again`
      : `names ${create.previousResponseId ?? "?"}, which was built on ${previousResponseId}`;
  return {
    outcome: isOtherLane ? "unknown" : "violated",
    message: `session ${session}: a create ${named} after the server had said that it does not know it`,
    evidence,
  };
}
