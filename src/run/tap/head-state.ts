/** No bytes at all. */
export const NOTHING: Buffer = Buffer.alloc(0);

/** How far the HTTP head of one direction of a connection has been read: `{ collected: <Buffer>, isFrames: false }`. */
export type HeadState = {
  /** What came of a head that is not whole yet. */
  collected: Buffer;
  /** How long the head is that went out; absent until it did. */
  sizeBytesOut: number | undefined;
  /** Whether what follows the head are frames (RFC 6455 §5). */
  isFrames: boolean;
};

/** The state of a direction in which nothing has come yet. */
export function openHead(): HeadState {
  return { collected: NOTHING, sizeBytesOut: undefined, isFrames: false };
}
