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

  constructor(options: StreamTapOptions) {
    this.#options = options;
    this.#reader = createMessageReader(options.messageSizeBytesMax);
  }

  /** How far the stream has been passed. */
  get passedOffset(): number {
    return this.#passed;
  }

  /** Bytes of an unfinished message that are kept back, for a peer that ended its side. */
  takeRest(): Buffer {
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
    for (let step = this.#advance(start, end); step !== undefined; step = this.#advance(this.#passed, end)) {
      this.#passed = step.cursor;
      const pass = data.subarray(0, step.cursor - start);
      if (step.stop !== undefined) {
        this.#options.onStop(step.stop);
        return { pass, held: data.subarray(step.cursor - start) };
      }
      if (this.#onStopped !== undefined) {
        this.#finishStop();
        return { pass };
      }
    }
    const { anchors, session, direction } = this.#options;
    if (anchors.needsWholeMessages(session, direction)) {
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
  #advance(cursor: number, end: number): Advance | undefined {
    const { anchors, session, connection, direction } = this.#options;
    const next = this.#pending[0];
    const reachable = next?.unit.frame.endOffset ?? end;
    const bytes = anchors.byteAnchors({ session, connection }, direction).find(({ sizeBytes }) => sizeBytes >= cursor);
    if (bytes !== undefined && bytes.sizeBytes <= reachable) {
      return { cursor: bytes.sizeBytes, stop: { offset: bytes.sizeBytes, hits: [bytes.hit()], by: undefined } };
    }
    if (next === undefined) return undefined;
    next.hits ??= this.#options.match(next.unit);
    return this.#advanceOver(next, next.hits, cursor);
  }

  #advanceOver(next: PendingUnit, hits: readonly AnchorHit[], cursor: number): Advance {
    const { endOffset } = next.unit.frame;
    const early = hits.filter((hit) => stopOffset(hit, next.unit) < endOffset);
    if (early.length > 0) {
      const offset = Math.min(...early.map((hit) => stopOffset(hit, next.unit)));
      const reached = early.filter((hit) => stopOffset(hit, next.unit) === offset);
      next.hits = hits.filter((hit) => !reached.includes(hit));
      return { cursor: Math.max(cursor, offset), stop: { offset, hits: reached, by: undefined } };
    }
    this.#pending.shift();
    this.#boundary = endOffset;
    const by = this.#options.onPassed(next.unit);
    return hits.length === 0 ? { cursor: endOffset } : { cursor: endOffset, stop: { offset: endOffset, hits, by } };
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
