import type { Clock } from "../../determinism/clock.ts";
import type { FaceEventBody } from "../../history/event.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ProtocolPoint } from "../../protocol/protocol-point.ts";
import type { AnchorHit, AnchorRegistry } from "../anchor-registry.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { MessageLabels } from "./message-labels.ts";
import type { StreamUnit } from "./message-reader.ts";
import { type StreamAnswer, type StreamStop, StreamTap } from "./stream-tap.ts";

type Face = "client-face" | "server-face";

/** The face where a direction's bytes come in, and the one where they go out. */
export const FACES_OF_DIRECTION: Readonly<Record<Direction, { readonly enters: Face; readonly leaves: Face }>> = {
  "to-client": { enters: "server-face", leaves: "client-face" },
  "to-server": { enters: "client-face", leaves: "server-face" },
};

/** What is read off a message: its ids, and the protocol point that it reaches. */
export type MessageDescription = { readonly labels: MessageLabels; readonly point: ProtocolPoint | undefined };

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
  readonly describe: (message: JsonObject) => MessageDescription;
  /** A stop begins: nothing more may pass the connection in either direction. */
  readonly onHold: () => void;
  /** A stop is over. */
  readonly onRelease: () => void;
};

/** Both faces of one direction behind the upgrade: records at each, stops at anchors, confirms delivery. */
export class DirectionTap {
  readonly #options: DirectionTapOptions;
  readonly #stream: StreamTap;
  readonly #delivery: Delivery;
  readonly #described = new WeakMap<StreamUnit, MessageDescription>();
  /** Units that have been passed and not been delivered. */
  readonly #underway: StreamUnit[] = [];

  constructor(options: DirectionTapOptions) {
    this.#options = options;
    this.#delivery = createDelivery(options.clock, options.confirmDeadlineMs);
    this.#stream = new StreamTap({
      session: options.session,
      connection: options.connection,
      direction: options.direction,
      anchors: options.anchors,
      messageSizeBytesMax: options.messageSizeBytesMax,
      match: (unit) => this.#match(unit),
      onStop: (stop) => this.stop(stop),
      onPassed: (unit) => {
        this.#underway.push(unit);
        return this.#record(FACES_OF_DIRECTION[options.direction].enters, unit);
      },
    });
  }

  /** How far the direction has been passed. */
  get passedOffset(): number {
    return this.#stream.passedOffset;
  }

  /** Takes what came to the gate. */
  take(chunk: Buffer): StreamAnswer {
    return this.#stream.take(chunk);
  }

  /** Bytes of an unfinished message that are kept back, for a peer that ended its side. */
  takeRest(): Buffer {
    return this.#stream.takeRest();
  }

  /** Calls back when everything up to the end of a frame was delivered; nothing is passed behind it. */
  stopAtBoundary(onStopped: () => void): void {
    // Behind a frame is not enough: what was passed may still be on its way through a slow toxic.
    this.#stream.stopAtBoundary(() => {
      this.#delivery.when(this.#stream.passedOffset, { delivered: onStopped, missed: () => undefined });
    });
  }

  /** Waits for the delivery of what was passed, tells the anchors, and opens the gate when they let go. */
  stop({ offset, hits, by }: StreamStop): void {
    const { connection, direction, onHold, onRelease } = this.#options;
    const heldBy = FACES_OF_DIRECTION[direction].enters;
    onHold();
    this.#delivery.when(offset, {
      delivered() {
        const site = { connection, heldBy, direction, offset, ...(by === undefined ? {} : { by }) };
        void Promise.all(hits.map(async (hit) => await hit.confirm(site))).then(onRelease);
      },
      missed(why) {
        for (const hit of hits) hit.miss(why);
        onRelease();
      },
    });
  }

  /** The kernel at the far side took everything up to this offset behind the upgrade. */
  delivered(offset: number): void {
    for (let next = this.#underway[0]; next !== undefined && next.frame.endOffset <= offset; next = this.#underway[0]) {
      this.#underway.shift();
      this.#record(FACES_OF_DIRECTION[this.#options.direction].leaves, next);
    }
    this.#delivery.advance(offset);
  }

  /** The connection is gone: what was not delivered never will be. */
  closed(): void {
    this.#delivery.close();
  }

  #match(unit: StreamUnit): readonly AnchorHit[] {
    if (unit.kind !== "message") return [];
    const { session, connection, direction, anchors } = this.#options;
    const description = this.#options.describe(unit.body);
    this.#described.set(unit, description);
    const message = { direction, type: unit.type };
    return anchors.match({ session, connection, lane: description.labels.lane, point: description.point, message });
  }

  #record(face: Face, unit: StreamUnit): number | undefined {
    const { session, connection, direction, recorder } = this.#options;
    const { labels, point } = this.#described.get(unit) ?? { labels: {}, point: undefined };
    const body = eventBodyOf(unit, direction, face === FACES_OF_DIRECTION[direction].enters);
    if (body === undefined) return undefined;
    const pointed = body.kind === "message" && point !== undefined ? { ...body, point } : body;
    return recorder.record({ source: face, session, connection, ...labels, ...pointed });
  }
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
