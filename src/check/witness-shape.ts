import type { HistoryEvent } from "../history/event.ts";
import { isJsonObject } from "../protocol/json.ts";
import type { Verdict } from "./verdict.ts";

/**
 * What a witness looks like without whatever differs from run to run: its events in order, each by source, kind, type
 * or point, direction and kind of fault. Ids, times, sizes, counts and session numbers are left out, so two runs that
 * fail the same way have the same shape.
 *
 * @example ["server-face message response.output_item.done P6 to-client", "tool tool-effect"]
 */
export function witnessShapeOf({ evidence }: Verdict, history: readonly HistoryEvent[]): readonly string[] {
  return witnessOf(evidence, history).map(shapeOf);
}

/** The events that a verdict names, in its order. */
export function witnessOf(evidence: readonly number[], history: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const bySequence = new Map(history.map((event) => [event.sequence, event]));
  return evidence.flatMap((sequence) => bySequence.get(sequence) ?? []);
}

function shapeOf(event: HistoryEvent): string {
  const parts = [
    event.source,
    event.kind,
    "type" in event ? event.type : undefined,
    "point" in event ? event.point : undefined,
    "direction" in event ? event.direction : undefined,
    faultKindOf(event),
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

function faultKindOf(event: HistoryEvent): string | undefined {
  if (event.kind !== "fault-applied" || !isJsonObject(event.fault)) return undefined;
  const { kind } = event.fault;
  return typeof kind === "string" ? kind : undefined;
}
