import { z } from "zod";

import type { Direction } from "../protocol/direction.ts";
import { PROTOCOL_POINTS, type ProtocolPoint } from "../protocol/protocol-point.ts";

/**
 * Where something is to happen.
 *
 * @example { "session": 0, "connection": 1 }
 */
export type Place = {
  /** Index of the session, from 0; `"all"` is one instant for every session, when the last one has reached the anchor. */
  readonly session: number | "all";
  /** Which wire; `"upstream"` lies behind a gateway under test. The client's wire where absent. */
  readonly wire?: "client" | "upstream";
  /** Index of the dial that reached the proxy, from 0; any connection where absent. */
  readonly connection?: number;
  /** The `stream_id` of a lane; any lane where absent. */
  readonly lane?: string;
};

/**
 * A message of the protocol, counted per session over all its connections.
 *
 * @example { "kind": "event", "direction": "to-client", "type": "response.output_item.done", "occurrence": 1, "edge": "after" }
 */
export type EventAnchor = {
  readonly kind: "event";
  readonly direction: Direction;
  readonly type: string;
  /** From 1. */
  readonly occurrence: number;
  /** Before the first byte of the message's first frame, inside the message, or behind its last byte. */
  readonly edge: "before" | "inside" | "after";
  /** With `inside`: how many bytes of it, headers included, come through; 1 where absent. */
  readonly byteInFrame?: number;
};

/** When something is to happen: at a protocol point, at a message, or at a byte. */
export type Anchor =
  | { readonly kind: "point"; readonly point: ProtocolPoint; readonly occurrence: number }
  | EventAnchor
  | {
      readonly kind: "bytes";
      readonly direction: Direction;
      /** How many bytes come through first; 0 is the first byte after the upgrade's blank line. Per connection. */
      readonly sizeBytes: number;
      /** The same place as a message; where it is present it decides, because byte counts rot. */
      readonly event?: EventAnchor;
    };

/** What sets a fault off. */
export type Trigger = {
  readonly place: Place;
  readonly at: Anchor;
  /** Milliseconds after the anchor: exact in simulation, best effort on a wall clock, where the real delay is recorded. */
  readonly delayMs?: number;
};

const DirectionSchema = z.enum(["to-client", "to-server"]);
const OccurrenceSchema = z.number().int().min(1).max(100_000);

const PlaceSchema: z.ZodType<Place> = z.strictObject({
  session: z.union([z.number().int().min(0), z.literal("all")]),
  wire: z.enum(["client", "upstream"]).exactOptional(),
  connection: z.number().int().min(0).exactOptional(),
  lane: z.string().min(1).max(256).exactOptional(),
});

const EventAnchorSchema = z
  .strictObject({
    kind: z.literal("event"),
    direction: DirectionSchema,
    type: z.string().min(1).max(256),
    occurrence: OccurrenceSchema,
    edge: z.enum(["before", "inside", "after"]),
    byteInFrame: z.number().int().min(1).exactOptional(),
  })
  .refine((anchor) => anchor.byteInFrame === undefined || anchor.edge === "inside", {
    path: ["byteInFrame"],
    message: 'means something only with edge "inside"',
  });

const PointSchema = z.enum(PROTOCOL_POINTS.map(({ point }) => point));

/** The shape of an anchor. */
export const AnchorSchema: z.ZodType<Anchor> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("point"), point: PointSchema, occurrence: OccurrenceSchema }),
  EventAnchorSchema,
  z.strictObject({
    kind: z.literal("bytes"),
    direction: DirectionSchema,
    sizeBytes: z.number().int().min(0),
    event: EventAnchorSchema.exactOptional(),
  }),
]);

/** The shape of a trigger. */
export const TriggerSchema: z.ZodType<Trigger> = z.strictObject({
  place: PlaceSchema,
  at: AnchorSchema,
  delayMs: z.number().min(0).max(3_600_000).exactOptional(),
});

/** The anchor that decides: the message form of a byte anchor wins over its byte form. */
export function decidingAnchor(anchor: Anchor): Anchor {
  return anchor.kind === "bytes" && anchor.event !== undefined ? anchor.event : anchor;
}

/** An anchor in words for a report, for example `"after P6"` or `"inside response.output_text.delta #3"`. */
export function describeAnchor(anchor: Anchor): string {
  const nth = (occurrence: number): string => (occurrence === 1 ? "" : ` #${occurrence}`);
  switch (anchor.kind) {
    case "point":
      return `at ${anchor.point}${nth(anchor.occurrence)}`;
    case "event":
      return `${anchor.edge} ${anchor.type}${nth(anchor.occurrence)}`;
    case "bytes":
      return `after ${anchor.sizeBytes} bytes ${anchor.direction}`;
  }
}
