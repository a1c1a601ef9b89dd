import type { Clock } from "../../determinism/clock.ts";
import { createDeferred } from "../../determinism/waiting.ts";
import type { Alteration, FaceEventBody } from "../../history/event.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ProtocolPoint } from "../../protocol/protocol-point.ts";
import type { AnchorHit, AnchorRegistry } from "../anchor-registry.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { MessageEdit, OutgoingPiece, PassingMessage } from "./message-editor.ts";
import { messageEventOf } from "./message-event.ts";
import type { MessageLabels } from "./message-labels.ts";
import type { StreamUnit } from "./message-reader.ts";
import { type PassedUnit, type PassingUnit, type StreamAnswer, type StreamStop, StreamTap } from "./stream-tap.ts";

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
  /** Whether a fault wants to look at messages before they go on. */
  readonly isEdited: () => boolean;
  readonly edit: (message: PassingMessage) => MessageEdit | undefined;
  /** A message went on as it came. */
  readonly onPassed: (message: JsonObject) => void;
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
  /** What has gone out and has not been delivered. */
  readonly #underway: UnderwayPiece[] = [];
  /** Frames of a message that is not whole yet and may be edited then. */
  #parts: Buffer[] = [];
  #hasPassedPart = false;
  #lastUnit: StreamUnit | undefined;
  readonly #onClosed = new Set<() => void>();
  #isClosed = false;

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
      pass: (passing) => this.#pass(passing),
      keepsWhole: () => options.isEdited(),
    });
  }

  /** How much has gone out, in bytes behind the upgrade. */
  get outOffset(): number {
    return this.#stream.outOffset;
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
      this.#delivery.when(this.#stream.outOffset, { delivered: onStopped, missed: () => undefined });
    });
  }

  /**
   * Puts messages in where the direction stands between two frames and everything before has been delivered; `make` is
   * asked at that moment. Resolves when the kernel took them; rejects where the connection was gone before.
   */
  async insert(make: () => readonly OutgoingPiece[], write: (bytes: Buffer) => void): Promise<void> {
    await this.#standStill();
    let bytes: Buffer;
    try {
      const pieces = this.#isClosed ? [] : make();
      bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
      this.#send(pieces, this.#stream.outOffset);
      this.#stream.inserted(bytes.length);
      write(bytes);
    } finally {
      this.#options.onRelease();
    }
    await this.#delivered();
  }

  /** Holds the connection where this direction stands between two frames, all of it delivered. */
  async #standStill(): Promise<void> {
    const stopped = createDeferred<void>();
    if (this.#isClosed) throw new Error(GONE);
    const giveUp = (): void => stopped.reject(new Error(GONE));
    this.#onClosed.add(giveUp);
    this.#stream.pauseAtBoundary(() => {
      this.#onClosed.delete(giveUp);
      this.#options.onHold();
      stopped.resolve();
    });
    await stopped.promise;
    try {
      await this.#delivered();
    } catch (error) {
      this.#options.onRelease();
      throw error;
    }
  }

  async #delivered(): Promise<void> {
    const delivered = createDeferred<void>();
    if (this.#isClosed) throw new Error(GONE);
    this.#delivery.when(this.#stream.outOffset, {
      delivered: () => delivered.resolve(),
      missed: (why) => delivered.reject(new Error(why)),
    });
    await delivered.promise;
  }

  /** Waits for the delivery of what was passed, tells the anchors, and opens the gate when they let go. */
  stop({ offset, outOffset, hits, by }: StreamStop): void {
    const { connection, direction, onHold, onRelease } = this.#options;
    const heldBy = FACES_OF_DIRECTION[direction].enters;
    onHold();
    this.#delivery.when(outOffset, {
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
    for (let next = this.#underway[0]; next !== undefined && next.outEnd <= offset; next = this.#underway[0]) {
      this.#underway.shift();
      this.#record(FACES_OF_DIRECTION[this.#options.direction].leaves, next.piece);
    }
    this.#delivery.advance(offset);
  }

  /** The connection is gone: what was not delivered never will be. */
  closed(): void {
    this.#isClosed = true;
    this.#delivery.close();
    for (const onClosed of this.#onClosed) onClosed();
  }

  /** The frame that the direction stands behind; undefined where none has come. */
  get lastUnit(): StreamUnit | undefined {
    return this.#lastUnit;
  }

  #pass({ unit, bytes, outStart, outEnd }: PassingUnit): PassedUnit {
    const { enters } = FACES_OF_DIRECTION[this.#options.direction];
    this.#lastUnit = unit;
    if (unit.kind === "part") return this.#passPart(bytes);
    const isControl = unit.kind === "control";
    const parts = isControl ? [] : this.#parts;
    const isWhole = bytes !== undefined && (isControl || !this.#hasPassedPart);
    const whole = isWhole ? Buffer.concat([...parts, bytes]) : undefined;
    if (!isControl) {
      this.#parts = [];
      this.#hasPassedPart = false;
    }
    const message = whole === undefined ? undefined : { connection: this.#options.connection, unit, bytes: whole };
    const edit = message === undefined || !this.#options.isEdited() ? undefined : this.#options.edit(message);
    const isDropped = edit?.isDropped === true;
    const by = this.#record(enters, { unit, ...(isDropped ? { altered: "dropped" } : {}) });
    if (edit === undefined) {
      if (unit.kind === "message") this.#options.onPassed(unit.body);
      // Frames of the message that were kept back go out with its last one.
      const replacement = whole === undefined || parts.length === 0 ? undefined : whole;
      const end = replacement === undefined ? outEnd : outStart + replacement.length;
      this.#underway.push({ piece: { unit }, outEnd: end });
      return { by, ...(replacement === undefined ? {} : { replacement }) };
    }
    const isIn = edit.pieces.some((piece) => piece.unit === unit && piece.altered === undefined);
    if (isIn && unit.kind === "message") this.#options.onPassed(unit.body);
    this.#send(edit.pieces, outStart);
    const replacement = Buffer.concat(edit.pieces.map((piece) => piece.bytes));
    return { by, replacement, ...(isIn ? {} : { unreachable: "another fault has changed its message" }) };
  }

  /** A part of a message is kept back as long as the message may be edited. */
  #passPart(bytes: Buffer | undefined): PassedUnit {
    if (bytes === undefined || this.#hasPassedPart || !(this.#options.isEdited() || this.#parts.length > 0)) {
      this.#hasPassedPart = true;
      return { by: undefined };
    }
    this.#parts.push(Buffer.from(bytes));
    return { by: undefined, replacement: NOTHING };
  }

  #send(pieces: readonly OutgoingPiece[], outStart: number): void {
    let outEnd = outStart;
    for (const piece of pieces) {
      outEnd += piece.bytes.length;
      this.#underway.push({ piece, outEnd });
    }
  }

  #match(unit: StreamUnit): readonly AnchorHit[] {
    if (unit.kind !== "message") return [];
    const { session, connection, direction, anchors } = this.#options;
    const description = this.#options.describe(unit.body);
    this.#described.set(unit, description);
    const message = { direction, type: unit.type };
    return anchors.match({ session, connection, lane: description.labels.lane, point: description.point, message });
  }

  #record(face: Face, { unit, altered, labelsOf, labels: own }: Omit<OutgoingPiece, "bytes">): number | undefined {
    const { session, connection, direction, recorder } = this.#options;
    const { labels, point } = this.#described.get(labelsOf ?? unit) ?? NOT_DESCRIBED;
    const isMade = altered === "injected" || altered === "replaced";
    const withBody = isMade || face === FACES_OF_DIRECTION[direction].enters;
    const place = { source: face, session, connection };
    if (unit.kind === "message") {
      const marks = { labels: own ?? labels, point: isMade ? undefined : point, altered, withBody };
      return recorder.record(messageEventOf(place, { direction, unit, ...marks }));
    }
    const body = eventBodyOf(unit, direction);
    if (body === undefined) return undefined;
    return recorder.record({ ...place, ...(own ?? labels), ...body, ...(altered === undefined ? {} : { altered }) });
  }
}

/** Why nothing more can be put into a direction behind a Close frame of ours (RFC 6455 §5.5.1). */
export const CLOSING: string = "the connection is closing, and behind a Close frame nothing is heard";

/** Why nothing more can be put into a direction. */
const GONE = "the connection was gone before";

const NOTHING: Buffer = Buffer.alloc(0);
const NOT_DESCRIBED: MessageDescription = { labels: {}, point: undefined };

type UnderwayPiece = { readonly piece: Omit<OutgoingPiece, "bytes">; readonly outEnd: number };

type FrameEventBody = Extract<FaceEventBody, { altered?: Alteration }>;

/** What a unit that is no message is in a history. */
function eventBodyOf(unit: Exclude<StreamUnit, { kind: "message" }>, direction: Direction): FrameEventBody | undefined {
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
  }
}
