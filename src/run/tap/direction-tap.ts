import type { Clock } from "../../determinism/clock.ts";
import type { FaceEventBody } from "../../history/event.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ProtocolPoint } from "../../protocol/protocol-point.ts";
import type { AnchorHit, AnchorRegistry } from "../anchor-registry.ts";
import { createDelivery } from "./delivery.ts";
import type { MessageLabels } from "./message-labels.ts";
import type { StreamUnit } from "./message-reader.ts";
import { createStreamTap, type StreamStop, type StreamTap } from "./stream-tap.ts";

type Face = "client-face" | "server-face";

/** The face where a direction's bytes come in, and the one where they go out. */
export const FACES_OF_DIRECTION: Readonly<Record<Direction, { readonly enters: Face; readonly leaves: Face }>> = {
  "to-client": { enters: "server-face", leaves: "client-face" },
  "to-server": { enters: "client-face", leaves: "server-face" },
};

/** What the tap of one direction needs. */
export type DirectionTapOptions = {
  readonly session: number;
  readonly connection: number;
  readonly direction: Direction;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly messageSizeBytesMax: number;
  readonly confirmDeadlineMs: number;
  /** Reads the ids of a message and the point that it reaches; called once for each message, in order. */
  describe(message: JsonObject): { readonly labels: MessageLabels; readonly point: ProtocolPoint | undefined };
  /** Opens the gate that a stop closed. */
  release(): void;
};

/** Both faces of one direction behind the upgrade: records at each, stops at anchors, confirms delivery. */
export type DirectionTap = Pick<StreamTap, "take" | "takeRest" | "stopAtBoundary" | "passedOffset"> & {
  /** The kernel at the far side took everything up to this offset behind the upgrade. */
  delivered(offset: number): void;
  /** Holds for an anchor that no frame carries: the end of the upgrade's answer. */
  stop(stop: StreamStop): void;
  closed(): void;
};

type Described = { readonly labels: MessageLabels; readonly point: ProtocolPoint | undefined };

/** Opens the tap of one direction of a connection. */
export function createDirectionTap(options: DirectionTapOptions): DirectionTap {
  const { session, connection, direction, anchors, recorder } = options;
  const faces = FACES_OF_DIRECTION[direction];
  const delivery = createDelivery(options.clock, options.confirmDeadlineMs);
  const described = new WeakMap<StreamUnit, Described>();
  const underway: StreamUnit[] = [];

  function record(face: Face, unit: StreamUnit): number | undefined {
    const { labels, point } = described.get(unit) ?? { labels: {}, point: undefined };
    const body = eventBodyOf(unit, direction, face === faces.enters);
    if (body === undefined) return undefined;
    const pointed = body.kind === "message" && point !== undefined ? { ...body, point } : body;
    return recorder.record({ source: face, session, connection, ...labels, ...pointed });
  }

  function match(unit: StreamUnit): readonly AnchorHit[] {
    if (unit.kind !== "message") return [];
    const description = options.describe(unit.body);
    described.set(unit, description);
    const message = { direction, type: unit.type };
    return anchors.match({ session, connection, lane: description.labels.lane, point: description.point, message });
  }

  function stop({ offset, hits, by }: StreamStop): void {
    delivery.when(offset, {
      delivered() {
        const site = { connection, heldBy: faces.enters, direction, offset, ...(by === undefined ? {} : { by }) };
        void Promise.all(hits.map((hit) => hit.confirm(site))).then(options.release);
      },
      missed(why) {
        for (const hit of hits) hit.miss(why);
        options.release();
      },
    });
  }

  const stream = createStreamTap({
    session,
    connection,
    direction,
    anchors,
    messageSizeBytesMax: options.messageSizeBytesMax,
    match,
    onStop: stop,
    onPassed(unit) {
      underway.push(unit);
      return record(faces.enters, unit);
    },
  });

  return {
    take: stream.take,
    takeRest: stream.takeRest,
    passedOffset: stream.passedOffset,
    stopAtBoundary(onStopped) {
      // Behind a frame is not enough: what was passed may still be on its way through a slow toxic.
      stream.stopAtBoundary(() => {
        delivery.when(stream.passedOffset(), { delivered: onStopped, missed: () => undefined });
      });
    },
    stop,
    closed: delivery.close,
    delivered(offset) {
      for (let next = underway[0]; next !== undefined && next.frame.endOffset <= offset; next = underway[0]) {
        underway.shift();
        record(faces.leaves, next);
      }
      delivery.advance(offset);
    },
  };
}

/** What a unit is in a history; the face on the sender's side keeps the whole body. */
function eventBodyOf(unit: StreamUnit, direction: Direction, withBody: boolean): FaceEventBody | undefined {
  const { frame } = unit;
  switch (unit.kind) {
    case "part":
      return undefined;
    case "unreadable":
      return { kind: "unreadable-message", direction, frame: frame.index, sizeBytes: unit.sizeBytes };
    case "control": {
      const { opcode, code, reason } = unit;
      return {
        kind: "control-frame",
        direction,
        opcode,
        ...(code === undefined ? {} : { code }),
        ...(reason === undefined ? {} : { reason }),
      };
    }
    case "message":
      return {
        kind: "message",
        direction,
        frame: frame.index,
        endOffset: frame.endOffset,
        type: unit.type,
        ...(withBody ? { body: unit.body } : {}),
      };
  }
}
