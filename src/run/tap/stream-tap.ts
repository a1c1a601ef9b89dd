import assert from "node:assert/strict";

import type { Direction } from "../../protocol/direction.ts";
import type { AnchorHit, AnchorRegistry } from "../anchor-registry.ts";
import { createMessageReader, type StreamUnit } from "./message-reader.ts";

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
  match(unit: StreamUnit): readonly AnchorHit[];
  /** A unit has been passed; answers the sequence number of its event. */
  onPassed(unit: StreamUnit): number | undefined;
  onStop(stop: StreamStop): void;
};

/**
 * Follows the frames of one direction of a connection behind its upgrade, and stops the bytes where an anchor says so.
 *
 * Offsets count from the first byte behind the upgrade's blank line.
 */
export type StreamTap = {
  /** Takes what came to the gate. After a stop the held bytes come again, first of all. */
  take(chunk: Buffer): StreamAnswer;
  /** How far the stream has been passed. */
  passedOffset(): number;
  /** Whether everything passed so far ends exactly behind a frame. */
  isAtBoundary(): boolean;
  /** Calls back when the stream stands behind a frame; nothing is passed from then on. */
  stopAtBoundary(onStopped: () => void): void;
  /** Bytes of an unfinished message that are kept back, for a peer that ended its side. */
  takeRest(): Buffer;
};

type PendingUnit = { readonly unit: StreamUnit; hits: readonly AnchorHit[] | undefined };

/** Opens the tap of one direction. */
export function createStreamTap(options: StreamTapOptions): StreamTap {
  const { session, connection, direction, anchors } = options;
  const reader = createMessageReader(options.messageSizeBytesMax);
  const pending: PendingUnit[] = [];
  let carry: Buffer = Buffer.alloc(0);
  let passed = 0;
  let scanned = 0;
  let boundary = 0;
  let onStopped: (() => void) | undefined;
  let isStopped = false;

  /** Where to stop next within the bytes up to `end`; undefined where nothing more can be decided. */
  function advance(cursor: number, end: number): { readonly cursor: number; readonly stop?: StreamStop } | undefined {
    const next = pending[0];
    const reachable = next?.unit.frame.endOffset ?? end;
    const bytes = anchors.byteAnchors({ session, connection }, direction).find(({ sizeBytes }) => sizeBytes >= cursor);
    if (bytes !== undefined && bytes.sizeBytes <= reachable) {
      return { cursor: bytes.sizeBytes, stop: { offset: bytes.sizeBytes, hits: [bytes.hit()], by: undefined } };
    }
    if (next === undefined) return undefined;
    next.hits ??= options.match(next.unit);
    return advanceOverUnit(next, next.hits, cursor);
  }

  function advanceOverUnit(
    next: PendingUnit,
    hits: readonly AnchorHit[],
    cursor: number,
  ): { readonly cursor: number; readonly stop?: StreamStop } {
    const { frame } = next.unit;
    const early = hits.filter((hit) => stopOffset(hit, next.unit) < frame.endOffset);
    const offset = Math.min(...early.map((hit) => stopOffset(hit, next.unit)));
    if (early.length > 0) {
      const reached = early.filter((hit) => stopOffset(hit, next.unit) === offset);
      next.hits = hits.filter((hit) => !reached.includes(hit));
      return { cursor: Math.max(cursor, offset), stop: { offset, hits: reached, by: undefined } };
    }
    pending.shift();
    boundary = frame.endOffset;
    const by = options.onPassed(next.unit);
    return hits.length === 0
      ? { cursor: frame.endOffset }
      : { cursor: frame.endOffset, stop: { offset: frame.endOffset, hits, by } };
  }

  function finishStop(): void {
    isStopped = true;
    carry = Buffer.alloc(0);
    const callback = onStopped;
    onStopped = undefined;
    callback?.();
  }

  function scan(data: Buffer): void {
    const fresh = data.subarray(scanned - passed);
    scanned += fresh.length;
    pending.push(...reader.push(fresh).map((unit) => ({ unit, hits: undefined })));
  }

  return {
    passedOffset: () => passed,
    isAtBoundary: () => passed === boundary,
    takeRest() {
      const rest = carry;
      carry = Buffer.alloc(0);
      return rest;
    },
    stopAtBoundary(callback) {
      onStopped = callback;
      if (passed === boundary) finishStop();
    },
    take(chunk) {
      if (isStopped) return { pass: Buffer.alloc(0) };
      const data = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      carry = Buffer.alloc(0);
      const start = passed;
      const end = start + data.length;
      assert(scanned >= passed, "bytes passed that were never scanned");
      scan(data);
      let cursor = start;
      // Each round passes a unit or stops, so the loop is bounded by the units and anchors at hand.
      for (let step = advance(cursor, end); step !== undefined; step = advance(cursor, end)) {
        cursor = step.cursor;
        passed = cursor;
        if (step.stop !== undefined) {
          options.onStop(step.stop);
          return { pass: data.subarray(0, cursor - start), held: data.subarray(cursor - start) };
        }
        if (onStopped !== undefined) {
          finishStop();
          return { pass: data.subarray(0, cursor - start) };
        }
      }
      if (anchors.needsWholeMessages(session, direction)) {
        carry = Buffer.from(data.subarray(cursor - start));
        return { pass: data.subarray(0, cursor - start) };
      }
      passed = end;
      return { pass: data };
    },
  };
}

/** Where a hit wants the stream to stand: behind the unit, except for an event anchor that says otherwise. */
function stopOffset({ anchor }: AnchorHit, { frame }: StreamUnit): number {
  if (anchor.kind !== "event" || anchor.edge === "after") return frame.endOffset;
  if (anchor.edge === "before") return frame.startOffset;
  const sizeBytes = frame.endOffset - frame.startOffset;
  return frame.startOffset + Math.min(anchor.byteInFrame ?? 1, sizeBytes - 1);
}
