/** One frame that is to be made, as a server makes it: without a mask. */
export type FrameContent = {
  /** One of {@link OPCODE}. */
  readonly opcode: number;
  readonly payload: Buffer;
  /** Whether it ends its message; true where absent. */
  readonly isFinal?: boolean;
};

/**
 * The bytes of a frame of a server (RFC 6455 §5.2), with the shortest length field that fits.
 *
 * `ws` makes frames for a socket of its own alone, and a wire has to make them between two frames of others.
 */
export function encodeServerFrame({ opcode, payload, isFinal = true }: FrameContent): Buffer {
  const size = payload.length;
  const header = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  header.writeUInt8((isFinal ? 0x80 : 0) | opcode, 0);
  if (size < 126) header.writeUInt8(size, 1);
  else if (size < 65_536) {
    header.writeUInt8(126, 1);
    header.writeUInt16BE(size, 2);
  } else {
    header.writeUInt8(127, 1);
    header.writeBigUInt64BE(BigInt(size), 2);
  }
  return Buffer.concat([header, payload]);
}
