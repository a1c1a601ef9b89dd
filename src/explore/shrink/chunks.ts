/** A part of a list: from the first index up to, and without, the second. */
export type Chunk = readonly [from: number, to: number];

/**
 * The parts of a list to try to do without, largest first: all of it, its halves, its quarters, … each entry alone.
 *
 * @example chunksOf(4, 3)  // [[0, 2], [2, 4], [0, 1], [1, 2], [2, 3], [3, 4]]
 * @param length How long the list is.
 * @param sizeMax How long a part may be; `length - 1` where one entry has to stay.
 */
export function chunksOf(length: number, sizeMax: number): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let size = length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; size <= sizeMax && from < length; from += size)
      chunks.push([from, Math.min(from + size, length)]);
  }
  return chunks;
}

/** The list without one part. */
export function withoutChunk<Value>(values: readonly Value[], [from, to]: Chunk): readonly Value[] {
  return [...values.slice(0, from), ...values.slice(to)];
}
