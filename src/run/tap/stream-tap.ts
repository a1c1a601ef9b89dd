import assert from "node:assert/strict";

import type { Direction } from "../../protocol/direction.ts";
import type { AnchorHit, AnchorRegistry } from "../anchor-registry.ts";
import { createMessageReader, type MessageReader, type StreamUnit } from "./message-reader.ts";

/** What goes on now, and what waits; `held` is present where an anchor was reached, and the gate has to close. */
export type StreamAnswer = { readonly pass: Buffer; readonly held?: Buffer };

/** A place in the stream where anchors were reached; everything before it has been passed. */
export type StreamStop = {
  readonly offset: number;
  readonly hits: readonly AnchorHit[];
  /** Sequence number of the event that reached it. */
  readonly by: number | undefined;
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
  /** A unit has been passed; answers the sequence number of its event. */
  readonly onPassed: (unit: StreamUnit) => number | undefined;
  readonly onStop: (stop: StreamStop) => void;
};

type PendingUnit = { readonly unit: StreamUnit; hits: readonly AnchorHit[] | undefined };

type Advance = { readonly cursor: number; readonly stop?: StreamStop };

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Follows the frames of one direction of a connection behind its upgrade, and stops the bytes where an anchor says so.
 *
 * Offsets count from the first byte behind the upgrade's blank line.
 */
export class StreamTap {
  readonly #options: StreamTapOptions;
  readonly #reader: MessageReader;
  /** Units that are whole and not passed yet. */
  readonly #pending: PendingUnit[] = [];
  /** Bytes of an unfinished message that are kept back. */
  #carry: Buffer = NOTHING;
  #passed = 0;
  #scanned = 0;
  /** Where the last passed frame ended. */
  #boundary = 0;
  #onStopped: (() => void) | undefined;
  #isStopped = false;
  #hasEnded = false;

  constructor(options: StreamTapOptions) {
    this.#options = options;
    this.#reader = createMessageReader(options.messageSizeBytesMax);
  }

  /** How far the stream has been passed. */
  get passedOffset(): number {
    return this.#passed;
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
    if (this.#passed === this.#boundary) this.#finishStop();
  }

  /** Takes what came to the gate. After a stop the held bytes come again, first of all. */
  take(chunk: Buffer): StreamAnswer {
    if (this.#isStopped) return { pass: NOTHING };
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = NOTHING;
    const start = this.#passed;
    const end = start + data.length;
    this.#scan(data);
    // Each round passes a unit or stops, so the loop is bounded by the units and anchors at hand.
    for (let step = this.#advance(end); step !== undefined; step = this.#advance(end)) {
      this.#passed = step.cursor;
      const pass = data.subarray(0, step.cursor - start);
      if (step.stop !== undefined) {
        this.#options.onStop(step.stop);
        if (this.#onStopped !== undefined && this.#passed === this.#boundary) this.#finishStop();
        return { pass, held: data.subarray(step.cursor - start) };
      }
      if (this.#onStopped !== undefined) {
        this.#finishStop();
        return { pass };
      }
    }
    if (this.#keepsBack()) {
      this.#carry = Buffer.from(data.subarray(this.#passed - start));
      return { pass: data.subarray(0, this.#passed - start) };
    }
    this.#passed = end;
    return { pass: data };
  }

  #scan(data: Buffer): void {
    assert(this.#scanned >= this.#passed, "bytes were passed that were never scanned");
    const fresh = data.subarray(this.#scanned - this.#passed);
    this.#scanned += fresh.length;
    this.#pending.push(...this.#reader.push(fresh).map((unit) => ({ unit, hits: undefined })));
  }

  /** Where to go next within the bytes up to `end`; undefined where nothing more can be decided. */
  #advance(end: number): Advance | undefined {
    const next = this.#pending[0];
    const byte = this.#byteAnchors().find(({ sizeBytes }) => sizeBytes >= this.#passed)?.sizeBytes;
    if (next === undefined) {
      // Within a message that is awaited whole, an anchor before the byte may come to light yet.
      const reachable = this.#keepsBack() ? this.#passed : end;
      return byte === undefined || byte > reachable ? undefined : this.#stopAt(byte, []);
    }
    const { endOffset } = next.unit.frame;
    const byteWithin = byte !== undefined && byte < endOffset ? byte : undefined;
    // A message that a byte anchor may keep from coming through is not counted before it goes on.
    if (byteWithin === undefined || this.#keepsBack()) next.hits ??= this.#options.match(next.unit);
    const hits = next.hits ?? [];
    const early = hits.map((hit) => stopOffset(hit, next.unit)).filter((offset) => offset < endOffset);
    const offset = Math.min(...early, byteWithin ?? endOffset);
    const reached = hits.filter((hit) => stopOffset(hit, next.unit) === offset);
    if (offset < endOffset) {
      if (next.hits !== undefined) next.hits = hits.filter((hit) => !reached.includes(hit));
      return this.#stopAt(offset, reached);
    }
    this.#pending.shift();
    this.#boundary = endOffset;
    const by = this.#options.onPassed(next.unit);
    return reached.length === 0 && byte !== endOffset ? { cursor: endOffset } : this.#stopAt(endOffset, reached, by);
  }

  /** A stop for the hits of a message together with the byte anchors of the same place. */
  #stopAt(offset: number, reached: readonly AnchorHit[], by?: number): Advance {
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
    const { anchors, session, direction } = this.#options;
    return !this.#hasEnded && anchors.needsWholeMessages(session, direction);
  }

  #finishStop(): void {
    this.#isStopped = true;
    this.#carry = NOTHING;
    const callback = this.#onStopped;
    this.#onStopped = undefined;
    callback?.();
  }
}

/** Where a hit wants the stream to stand: behind the unit, except for an event anchor that says otherwise. */
function stopOffset({ anchor }: AnchorHit, { frame }: StreamUnit): number {
  if (anchor.kind !== "event" || anchor.edge === "after") return frame.endOffset;
  if (anchor.edge === "before") return frame.startOffset;
  const sizeBytes = frame.endOffset - frame.startOffset;
  return frame.startOffset + Math.min(anchor.byteInFrame ?? 1, sizeBytes - 1);
}
