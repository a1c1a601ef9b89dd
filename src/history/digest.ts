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
  // An event has few of all the members that there are, so it is asked for its own and not for each of those.
  const places: number[] = [];
  for (const name in members) {
    const place = members[name] === undefined ? undefined : PLACES.get(name);
    if (place !== undefined) insertInOrder(places, place);
  }
  let line = "";
  for (const place of places) {
    const name = COUNTED[place] ?? "";
    line += (line === "" ? `${name}=` : (BEGINNINGS[place] ?? "")) + printed(members[name]);
  }
  return places.length === 0 ? line : `${line} `;
}

/** How each member but the first begins, with the blank that ends the one before. */
const BEGINNINGS: readonly string[] = COUNTED.map((name) => ` ${name}=`);

const PLACES: ReadonlyMap<string, number> = new Map(COUNTED.map((name, place) => [name, place]));

function insertInOrder(places: number[], place: number): void {
  let at = places.length;
  places.push(place);
  for (let before = places[at - 1]; before !== undefined && before > place; before = places[at - 1]) {
    places[at] = before;
    at -= 1;
  }
  places[at] = place;
}

/** What nothing has to be escaped in: most texts of a history are words and ids. */
const PLAIN = /^[\w .:/-]*$/;

/** A value as JSON. */
function printed(value: unknown): string {
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : JSON.stringify(value);
}

/** The SHA-256 of what counts of a history, as 64 hexadecimal digits; the same for each run of a plan in virtual time. */
export function digestOfHistory(history: readonly HistoryEvent[]): string {
  const hash = createHash("sha256");
  let lines = "";
  for (const event of history) {
    lines += `${digestLineOf(event)}\n`;
    if (lines.length < LINES_SIZE_MAX) continue;
    hash.update(lines);
    lines = "";
  }
  return hash.update(lines).digest("hex");
}

/** So many characters go into the hash at once: a call for each line takes longer than the hash itself. */
const LINES_SIZE_MAX = 65_536;

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
