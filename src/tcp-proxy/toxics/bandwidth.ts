import type { Timer } from "../../determinism/clock.ts";
import {
  toxiproxyAttribute,
  type Link,
  type Toxic,
  type ToxicAttributes,
  type ToxicTools,
  type ToxicType,
} from "../toxic.ts";

/** A chunk that takes longer than this is sent in pieces of this length. */
const PIECE_MS = 100;

/**
 * Lets through `rate` kilobytes (1000 bytes) per second; chunks that take longer than 100 ms go out in pieces.
 *
 * Attributes: `rate`; with 0 or less nothing passes until it is changed or removed. Changed or removed: the chunk under
 * way arrives at once. As Toxiproxy's, where a negative rate would end the process.
 */
export const bandwidth: ToxicType = {
  type: "bandwidth",
  attributes: [toxiproxyAttribute("rate")],
  create: createBandwidth,
};

function createBandwidth(initial: ToxicAttributes, { clock }: ToxicTools): Toxic {
  /** Kilobytes per second are bytes per millisecond. */
  let rate = Math.max(initial["rate"] ?? 0, 0);
  let underWay: Buffer | undefined;
  let timer: Timer | undefined;
  /** How much longer than asked for the last timer took, so that late timers do not add up. */
  let lateMs = 0;

  function send(link: Link): void {
    while (underWay !== undefined && rate > 0) {
      const piece = underWay.subarray(0, rate * PIECE_MS);
      const waitMs = piece.length / rate - lateMs;
      if (waitMs > 0) {
        waitFor(piece, waitMs, link);
        return;
      }
      lateMs = Math.min(-waitMs, PIECE_MS);
      passPiece(piece, link);
    }
    if (underWay === undefined) link.resumeSource();
  }

  function waitFor(piece: Buffer, waitMs: number, link: Link): void {
    const startedAtMs = clock.nowMs();
    timer = clock.startTimer(waitMs, () => {
      lateMs = Math.min(Math.max(clock.nowMs() - startedAtMs - waitMs, 0), PIECE_MS);
      passPiece(piece, link);
      send(link);
    });
  }

  function passPiece(piece: Buffer, link: Link): void {
    const rest = underWay?.subarray(piece.length);
    underWay = rest?.length === 0 ? undefined : rest;
    link.pass(piece);
  }

  function flush(link: Link): void {
    timer?.cancel();
    lateMs = 0;
    const bytes = underWay;
    underWay = undefined;
    if (bytes !== undefined) link.pass(bytes);
  }

  return {
    onChunk(bytes, link) {
      underWay = bytes;
      link.pauseSource();
      send(link);
    },
    onEnd: (link) => link.end(),
    onChange(changed, link) {
      rate = Math.max(changed["rate"] ?? 0, 0);
      flush(link);
      link.resumeSource();
    },
    onRemove: flush,
  };
}
