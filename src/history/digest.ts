import { createHash } from "node:crypto";

import type { HistoryEvent } from "./event.ts";

/**
 * What of an event counts for the digest of its history: kinds, ids, byte offsets, sizes, virtual times and codes.
 *
 * Never messages, causes, stacks, bodies or versions: those differ between releases of Node and of packages, while what
 * happened is the same.
 */
const COUNTED = [
  "atMs",
  "source",
  "kind",
  "session",
  "connection",
  "lane",
  "responseId",
  "callId",
  "operation",
  "direction",
  "frame",
  "endOffset",
  "type",
  "point",
  "altered",
  "opcode",
  "code",
  "status",
  "sizeBytes",
  "offset",
  "edge",
  "by",
  "how",
  "heldBy",
  "turn",
  "probe",
  "outcome",
  "execution",
  "failed",
  "id",
  "delayMs",
  "deadlineMs",
  "limit",
  "value",
  "name",
  "stream",
  "expected",
] as const;

/** What counts of one event, as one line: equal lines are equal events. */
export function digestLineOf(event: HistoryEvent): string {
  const members: Readonly<Record<string, unknown>> = event;
  let line = "";
  for (const name of COUNTED) {
    const value = members[name];
    if (value !== undefined) line += `${name}=${JSON.stringify(value)} `;
  }
  return line;
}

/** The SHA-256 of what counts of a history, as 64 hexadecimal digits; the same for each run of a plan in virtual time. */
export function digestOfHistory(history: readonly HistoryEvent[]): string {
  const hash = createHash("sha256");
  for (const event of history) hash.update(`${digestLineOf(event)}\n`);
  return hash.digest("hex");
}

/** Where two histories part: the events at that place, one of which is missing where one history is shorter. */
export type HistoryDifference = {
  readonly index: number;
  readonly left: HistoryEvent | undefined;
  readonly right: HistoryEvent | undefined;
};

/** The first event that counts and is not the same in both; undefined where their digests are equal. */
export function firstDifference(
  left: readonly HistoryEvent[],
  right: readonly HistoryEvent[],
): HistoryDifference | undefined {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index], right[index]];
    const isSame = one !== undefined && other !== undefined && digestLineOf(one) === digestLineOf(other);
    if (!isSame) return { index, left: one, right: other };
  }
  return undefined;
}
