/** The out edge of one direction: what came out of the toxics, and bytes that go there when all before them has come. */
export type StreamTail = {
  /** Keeps bytes for the end of the stream. */
  keepForEnd(rest: Buffer): void;
  /** So many bytes have been put in at the out edge, past the toxics. */
  inserted(sizeBytes: number): void;
  /** What goes out for what came: with the kept bytes behind it where everything that was passed has come. */
  takeOut(chunk: Buffer, sizeBytesPassed: number): Buffer;
};

const NOTHING: Buffer = Buffer.alloc(0);

/** Opens the out edge of one direction. */
export function createStreamTail(): StreamTail {
  let sizeBytesCome = 0;
  let rest = NOTHING;
  return {
    keepForEnd(kept) {
      rest = kept;
    },
    inserted(sizeBytes) {
      sizeBytesCome += sizeBytes;
    },
    takeOut(chunk, sizeBytesPassed) {
      sizeBytesCome += chunk.length;
      if (rest.length === 0 || sizeBytesCome < sizeBytesPassed) return chunk;
      const all = Buffer.concat([chunk, rest]);
      rest = NOTHING;
      return all;
    },
  };
}
