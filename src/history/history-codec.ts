import { HarnessError } from "../errors.ts";
import { isJsonObject, parseJsonObject } from "../protocol/json.ts";
import type { HistoryEvent } from "./event.ts";

/** One line of the file, without its line end. */
export function encodeEvent(event: HistoryEvent): string {
  return JSON.stringify(event);
}

/**
 * Reads a whole history file. A last line that was torn off by a crash is left out.
 *
 * @throws HarnessError `HARNESS_UNREADABLE_FILE` with the number of the first line that is no event.
 */
export function decodeHistory(text: string, source: string): readonly HistoryEvent[] {
  const lines = text.split("\n");
  const isTorn = !text.endsWith("\n");
  const whole = lines.slice(0, -1);
  const events = whole.map((line, index) => decodeEvent(line, { source, line: index + 1 }));
  const last = lines.at(-1);
  if (isTorn && last !== undefined && parseJsonObject(last) !== undefined) {
    events.push(decodeEvent(last, { source, line: lines.length }));
  }
  return events;
}

function decodeEvent(line: string, where: { readonly source: string; readonly line: number }): HistoryEvent {
  const event = parseJsonObject(line);
  if (event === undefined || !isHistoryEvent(event)) {
    throw new HarnessError("HARNESS_UNREADABLE_FILE", `${where.source}:${where.line} is not an event of a history.`, {
      details: where,
    });
  }
  return event;
}

// The members that every event has; what a kind adds is read by the checkers, which take nothing for granted.
function isHistoryEvent(value: unknown): value is HistoryEvent {
  if (!isJsonObject(value)) return false;
  return (
    typeof value["sequence"] === "number" &&
    typeof value["sourceSequence"] === "number" &&
    typeof value["atMs"] === "number" &&
    typeof value["source"] === "string" &&
    typeof value["kind"] === "string"
  );
}
