import assert from "node:assert/strict";

import type { Direction } from "../../protocol/direction.ts";
import type { AnchorHit, AnchorRegistry } from "../anchor-registry.ts";
import { createMessageReader, type MessageReader, type StreamUnit } from "./message-reader.ts";

/** What goes on now, and what waits; `held` is present where an anchor was reached, and the gate has to close. */
export type StreamAnswer = { readonly pass: Buffer; readonly held?: Buffer };

/** A place in the stream where anchors were reached; everything before it has been passed. */
export type StreamStop = {
  readonly offset: number;
  /** The same place counted in what went out, which faults may have made longer or shorter. */
  readonly outOffset: number;
  readonly hits: readonly AnchorHit[];
  /** Sequence number of the event that reached it. */
  readonly by: number | undefined;
};

/** A unit that is about to be passed. */
export type PassingUnit = {
  readonly unit: StreamUnit;
  /** Its bytes; absent where its beginning has gone out already. */
  readonly bytes: Buffer | undefined;
  /** Where what is left of it begins and ends in what goes out. */
  readonly outStart: number;
  readonly outEnd: number;
};

/** What becomes of a unit. */
export type PassedUnit = {
  /** The sequence number of its event. */
  readonly by: number | undefined;
  /** What goes out in its place; the unit itself where absent. */
  readonly replacement?: Buffer;
  /** Why it cannot be what an anchor waits for. */
  readonly unreachable?: string;
};

/** What a stream tap asks and tells. */
export type StreamTapOptions = {
  readonly session: number;
  readonly connection: number;
  readonly direction: Direction;
  readonly anchors: AnchorRegistry;
  readonly messageSizeBytesMax: number;
  /** The anchors that a unit reaches. */
  readonly match: (unit: StreamUnit) => readonly AnchorHit[];
  /** Asked for each unit, in order, when it is passed. */
  readonly pass: (passing: PassingUnit) => PassedUnit;
  /** Whether units are to be looked at whole before any byte of them goes on. */
  readonly keepsWhole: () => boolean;
  readonly onStop: (stop: StreamStop) => void;
};

type PendingUnit = { readonly unit: StreamUnit; hits: readonly AnchorHit[] | undefined };

type Advance = {
  readonly cursor: number;
  /** What goes out in the place of the bytes up to the cursor. */
  readonly replacement?: Buffer;
  readonly stop?: Omit<StreamStop, "outOffset">;
};

/** What came to the gate: its bytes, and the offset of the first of them. */
type Arrival = { readonly data: Buffer; readonly start: number; readonly end: number };

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Follows the frames of one direction of a connection behind its upgrade, and stops the bytes where an anchor says so.
 *
 * Offsets count from the first byte behind the upgrade's blank line, in what came in unless they say otherwise.
 */
export class StreamTap {
  readonly #options: StreamTapOptions;
  readonly #reader: MessageReader;
  /** Units that are whole and not passed yet. */
  readonly #pending: PendingUnit[] = [];
  /** Bytes of an unfinished message that are kept back. */
  #carry: Buffer = NOTHING;
  #passed = 0;
  #out = 0;
  #scanned = 0;
  /** Where the last passed frame ended. */
  #boundary = 0;
  #onStopped: (() => void) | undefined;
  readonly #onPaused: (() => void)[] = [];
  #isStopped = false;
  #hasEnded = false;

  constructor(options: StreamTapOptions) {
    this.#options = options;
    this.#reader = createMessageReader(options.messageSizeBytesMax);
  }

  /** How much has gone out, with what was put in and without what was taken out. */
  get outOffset(): number {
    return this.#out;
  }

  /** Whether everything that has gone out ends behind a frame. */
  get isAtBoundary(): boolean {
    return this.#passed === this.#boundary;
  }

  /** Bytes have been put in behind everything that has gone out. */
  inserted(sizeBytes: number): void {
    this.#out += sizeBytes;
  }

  /** Calls back when the stream stands behind a frame; whoever is called keeps it from going on. */
  pauseAtBoundary(onPaused: () => void): void {
    if (this.isAtBoundary) onPaused();
    else this.#onPaused.push(onPaused);
  }

  /** The peer ended its side: answers the bytes of an unfinished message, and keeps none back from now on. */
  takeRest(): Buffer {
    this.#hasEnded = true;
    const rest = this.#carry;
    this.#carry = NOTHING;
    return rest;
  }

  /** Calls back when the stream stands behind a frame; nothing is passed from then on. */
  stopAtBoundary(onStopped: () => void): void {
    this.#onStopped = onStopped;
    if (this.isAtBoundary) this.#finishStop();
  }

  /** Takes what came to the gate. After a stop the held bytes come again, first of all. */
  take(chunk: Buffer): StreamAnswer {
    if (this.#isStopped) return { pass: NOTHING };
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = NOTHING;
    const start = this.#passed;
    const arrival = { data, start, end: start + data.length };
    const out = createOutput(arrival);
    this.#scan(data);
    // Each round passes a unit or stops, so the loop is bounded by the units and anchors at hand.
    for (let step = this.#advance(arrival); step !== undefined; step = this.#advance(arrival)) {
      this.#out += out.pass(step.cursor, step.replacement);
      this.#passed = step.cursor;
      if (this.#stopsBehind(step)) {
        const held = this.#isStopped ? undefined : data.subarray(step.cursor - start);
        return { pass: out.bytes(), ...(held === undefined ? {} : { held }) };
      }
    }
    if (this.#keepsBack()) {
      this.#carry = Buffer.from(data.subarray(this.#passed - start));
      return { pass: out.bytes() };
    }
    this.#out += out.pass(arrival.end);
    this.#passed = arrival.end;
    return { pass: out.bytes() };
  }

  /** Tells whoever waits for this place, and whether the stream stands still here. */
  #stopsBehind({ stop }: Advance): boolean {
    if (stop !== undefined) this.#options.onStop({ ...stop, outOffset: this.#out });
    const isPaused = this.#onPaused.length > 0 && this.isAtBoundary;
    if (isPaused) for (const onPaused of this.#onPaused.splice(0)) onPaused();
    if (this.#onStopped !== undefined && this.isAtBoundary) this.#finishStop();
    return stop !== undefined || isPaused || this.#isStopped;
  }

  #scan(data: Buffer): void {
    assert(this.#scanned >= this.#passed, "bytes were passed that were never scanned");
    const fresh = data.subarray(this.#scanned - this.#passed);
    this.#scanned += fresh.length;
    for (const unit of this.#reader.push(fresh)) this.#pending.push({ unit, hits: undefined });
  }

  /** Where to go next within what came; undefined where nothing more can be decided. */
  #advance(arrival: Arrival): Advance | undefined {
    const { end } = arrival;
    const next = this.#pending[0];
    const byte = this.#byteAnchors().find(({ sizeBytes }) => sizeBytes >= this.#passed)?.sizeBytes;
    if (next === undefined) {
      // Within a message that is awaited whole, an anchor before the byte may come to light yet.
      const reachable = this.#keepsBack() ? this.#passed : end;
      return byte === undefined || byte > reachable ? undefined : this.#stopAt(byte, []);
    }
    const { endOffset } = next.unit.frame;
    // An anchor before or inside a message of several frames lies before its last one.
    const judged = this.#decidingUnit(next, end);
    if (judged === undefined) return undefined;
    const byteWithin = byte !== undefined && byte < endOffset ? byte : undefined;
    // A message that a byte anchor may keep from coming through is not counted before it goes on.
    if (byteWithin === undefined || this.#keepsBack()) judged.hits ??= this.#options.match(judged.unit);
    const { offset, reached } = nextStop(judged, byteWithin, endOffset);
    if (offset < endOffset) return this.#stopAt(offset, reached);
    this.#pending.shift();
    this.#boundary = endOffset;
    const { by, replacement, unreachable } = this.#options.pass(this.#passing(next.unit, arrival));
    const advance = { cursor: endOffset, ...(replacement === undefined ? {} : { replacement }) };
    if (unreachable !== undefined) for (const hit of reached) hit.miss(unreachable);
    const confirmed = unreachable === undefined ? reached : [];
    return confirmed.length === 0 && byte !== endOffset
      ? advance
      : { ...advance, ...this.#stopAt(endOffset, confirmed, by) };
  }

  /**
   * The message that decides where to stop in a frame: the frame's own, also where it is a part of it or a control frame
   * between its parts. Undefined where that message is awaited whole, and its end has not come.
   */
  #decidingUnit(next: PendingUnit, end: number): PendingUnit | undefined {
    const { anchors, session, direction, messageSizeBytesMax } = this.#options;
    const { kind, frame, messageStart = frame.startOffset } = next.unit;
    const whole = this.#pending.find(({ unit }) => unit.kind === "message" || unit.kind === "unreadable");
    if (kind === "control" && (whole?.unit.messageStart ?? Infinity) > frame.startOffset) return next;
    // What the message has reached already is no longer waited for.
    if (whole?.hits !== undefined) return whole;
    const isAwaited = !this.#hasEnded && anchors.needsWholeMessages(session, direction);
    if (!isAwaited || end - messageStart > messageSizeBytesMax) return next;
    return whole;
  }

  #passing(unit: StreamUnit, { data, start }: Arrival): PassingUnit {
    const { startOffset, endOffset } = unit.frame;
    const bytes = startOffset < this.#passed ? undefined : data.subarray(startOffset - start, endOffset - start);
    return { unit, bytes, outStart: this.#out, outEnd: this.#out + endOffset - this.#passed };
  }

  /** A stop for the hits of a message together with the byte anchors of the same place. */
  #stopAt(offset: number, reached: readonly AnchorHit[], by?: number): Pick<Advance, "cursor" | "stop"> {
    const bytes = this.#byteAnchors().filter(({ sizeBytes }) => sizeBytes === offset);
    // A message whose beginning came through before it was awaited whole stands where it stands.
    const cursor = Math.max(this.#passed, offset);
    return { cursor, stop: { offset: cursor, hits: [...reached, ...bytes.map((anchor) => anchor.hit())], by } };
  }

  #byteAnchors(): ReturnType<AnchorRegistry["byteAnchors"]> {
    const { anchors, session, connection, direction } = this.#options;
    return anchors.byteAnchors({ session, connection }, direction);
  }

  /** Whether bytes of an unfinished message wait for the rest of it: an anchor may lie before or inside it. */
  #keepsBack(): boolean {
    const { anchors, session, direction, keepsWhole } = this.#options;
    return !this.#hasEnded && (keepsWhole() || anchors.needsWholeMessages(session, direction));
  }

  #finishStop(): void {
    this.#isStopped = true;
    this.#carry = NOTHING;
    const callback = this.#onStopped;
    this.#onStopped = undefined;
    callback?.();
  }
}

type Output = {
  /** Passes what came up to a place, or something else instead; answers how many bytes that are. */
  pass(cursor: number, replacement?: Buffer): number;
  bytes(): Buffer;
};

/** Collects what goes out of what came, without a copy as long as nothing is replaced. */
function createOutput({ data, start }: Arrival): Output {
  let pieces: Buffer[] | undefined;
  let passed = 0;
  return {
    pass(cursor, replacement) {
      const own = data.subarray(passed, cursor - start);
      if (replacement !== undefined) pieces ??= [data.subarray(0, passed)];
      pieces?.push(replacement ?? own);
      passed = cursor - start;
      return (replacement ?? own).length;
    },
    bytes: () => (pieces === undefined ? data.subarray(0, passed) : Buffer.concat(pieces)),
  };
}

/** The next place where hits of a unit, or a byte anchor within it, want the stream to stand; those hits are then used up. */
function nextStop(
  judged: PendingUnit,
  byteWithin: number | undefined,
  endOffset: number,
): { readonly offset: number; readonly reached: readonly AnchorHit[] } {
  const { hits = NO_HITS } = judged;
  if (hits.length === 0) return { offset: byteWithin ?? endOffset, reached: NO_HITS };
  const early = hits.map((hit) => stopOffset(hit, judged.unit)).filter((offset) => offset < endOffset);
  const offset = Math.min(...early, byteWithin ?? endOffset);
  const reached = hits.filter((hit) => stopOffset(hit, judged.unit) === offset);
  judged.hits = hits.filter((hit) => !reached.includes(hit));
  return { offset, reached };
}

const NO_HITS: readonly AnchorHit[] = [];

/** Where a hit wants the stream to stand: behind the unit, except for an event anchor that says otherwise. */
function stopOffset({ anchor }: AnchorHit, { frame, messageStart = frame.startOffset }: StreamUnit): number {
  if (anchor.kind !== "event" || anchor.edge === "after") return frame.endOffset;
  if (anchor.edge === "before") return messageStart;
  const sizeBytes = frame.endOffset - messageStart;
  return messageStart + Math.min(anchor.byteInFrame ?? 1, sizeBytes - 1);
}
