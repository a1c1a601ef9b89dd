import { z } from "zod";

import type { HistoryEvent } from "../history/event.ts";
import type { Anchor, EventAnchor } from "../plan/trigger.ts";

/** A way on the wire. */
export type WireDirection = EventAnchor["direction"];
/** A named moment of a session. */
export type Point = Extract<Anchor, { kind: "point" }>["point"];

/**
 * One message of an undisturbed session, with the bytes of its connection that are its own.
 *
 * @example { "direction": "to-client", "type": "response.created", "occurrence": 1, "startByte": 0, "endByte": 612 }
 */
export type MessageSpan = {
  readonly direction: WireDirection;
  readonly type: string;
  /** From 1, as anchors count. */
  readonly occurrence: number;
  /** The first byte, behind the upgrade's blank line. */
  readonly startByte: number;
  /** The byte behind the last one. */
  readonly endByte: number;
};

/** What passes in a session that nobody disturbs, on its only connection, until its last turn has ended. */
export type SessionMap = {
  readonly messages: readonly MessageSpan[];
  /** Each point that is reached, with how often, in the order of the points. */
  readonly points: readonly { readonly point: Point; readonly times: number }[];
};

/** The shape of a session map. */
export const SessionMapSchema: z.ZodType<SessionMap> = z.strictObject({
  messages: z.array(
    z.strictObject({
      direction: z.enum(["to-client", "to-server"]),
      type: z.string(),
      occurrence: z.number().int().min(1),
      startByte: z.number().int().min(0),
      endByte: z.number().int().min(1),
    }),
  ),
  points: z.array(
    z.strictObject({
      point: z.custom<Point>((value) => typeof value === "string" && /^P(\d|1[0-4])$/.test(value)),
      times: z.number().int().min(1),
    }),
  ),
});

/** Reads the map of a session off the history of its undisturbed run. The probe at its end is no part of it. */
export function mapSession(history: readonly HistoryEvent[]): SessionMap {
  const last = history.findLast((event) => event.kind === "turn-ended" && !event.probe);
  const own = history.filter(({ sequence }) => sequence <= (last?.sequence ?? -1));
  const points = own.flatMap(pointsOf);
  const names = [...new Set(points)].toSorted((left, right) => Number(left.slice(1)) - Number(right.slice(1)));
  return {
    messages: (["to-client", "to-server"] as const).flatMap((direction) => spansOf(own, direction)),
    points: names.map((point) => ({ point, times: points.filter((one) => one === point).length })),
  };
}

function spansOf(history: readonly HistoryEvent[], direction: WireDirection): readonly MessageSpan[] {
  // The face where the bytes come in sees each message first, and once.
  const face = direction === "to-client" ? "server-face" : "client-face";
  const counts = new Map<string, number>();
  let startByte = 0;
  return history.flatMap((event) => {
    if (event.kind !== "message" || event.source !== face || event.direction !== direction) return [];
    if (event.session !== 0 || event.connection !== 0) return [];
    const occurrence = (counts.get(event.type) ?? 0) + 1;
    counts.set(event.type, occurrence);
    const span = { direction, type: event.type, occurrence, startByte, endByte: event.endOffset };
    startByte = event.endOffset;
    return [span];
  });
}

/** What the harness and the tools tell of is a point too, though no message says so. */
function pointsOf(event: HistoryEvent): readonly Point[] {
  if (event.session !== 0) return [];
  switch (event.kind) {
    case "dialled":
      return ["P0"];
    case "upgrade-answered":
      return event.status === 101 ? ["P1"] : [];
    case "message":
      return event.point !== undefined && event.source === faceOfPoint(event.direction) ? [event.point] : [];
    case "tool-started":
      return ["P8"];
    case "tool-effect":
      return ["P9"];
    case "turn-ended":
      return ["P14"];
    default:
      return [];
  }
}

function faceOfPoint(direction: WireDirection): HistoryEvent["source"] {
  return direction === "to-client" ? "server-face" : "client-face";
}

/** The message that a byte belongs to. */
export function spanAt(map: SessionMap, direction: WireDirection, byte: number): MessageSpan | undefined {
  return map.messages.find((span) => span.direction === direction && span.startByte <= byte && byte < span.endByte);
}

/** How many bytes pass in a direction. */
export function sizeOf(map: SessionMap, direction: WireDirection): number {
  return map.messages.findLast((span) => span.direction === direction)?.endByte ?? 0;
}

/** The place of a byte as a message, which stays true when sizes change. */
export function eventAnchorAt(map: SessionMap, direction: WireDirection, byte: number): EventAnchor | undefined {
  const span = spanAt(map, direction, byte);
  if (span === undefined) return undefined;
  const { type, occurrence } = span;
  const into = byte - span.startByte;
  const place = { kind: "event", direction, type, occurrence } as const;
  return into === 0 ? { ...place, edge: "before" } : { ...place, edge: "inside", byteInFrame: into };
}
