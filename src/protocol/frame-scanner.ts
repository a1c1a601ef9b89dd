import assert from "node:assert/strict";

/** The opcodes of RFC 6455 §5.2 that a session uses. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One whole WebSocket frame as it stood in a stream of bytes. */
export type ScannedFrame = {
  /** Place of the frame in its direction of its connection, from 0. */
  readonly index: number;
  readonly opcode: number;
  /** Whether this frame ends its message (RFC 6455 §5.2, FIN). */
  readonly isFinal: boolean;
  /** Offset of the frame's first byte; 0 is the first byte after the upgrade's blank line. */
  readonly startOffset: number;
  /** Offset behind the frame's last byte. */
  readonly endOffset: number;
  /** The payload, unmasked; empty where it is longer than the scanner keeps. */
  readonly payload: Buffer;
  /** Length of the payload on the wire in bytes, kept or not. */
  readonly payloadSizeBytes: number;
};

/**
 * Finds the ends of frames in a stream of bytes, whatever pieces it comes in.
 *
 * It reads headers alone and judges nothing: reserved bits, unknown opcodes and bad masks pass. `ws` has no such view,
 * its receiver reports no offsets (RFC 6455 §5.2 has the layout).
 */
export type FrameScanner = {
  /** Takes the next bytes and answers the frames that they complete, in order. */
  push(bytes: Buffer): readonly ScannedFrame[];
  /** Whether the bytes seen so far end exactly behind a frame. */
  isAtBoundary(): boolean;
  /** How many bytes came so far. */
  offset(): number;
};

type FrameHeader = {
  opcode: number;
  isFinal: boolean;
  mask: Buffer | undefined;
  sizeBytes: number;
  payloadSizeBytes: number;
};

const NOTHING: Buffer = Buffer.alloc(0);

/** Opens a scanner; payloads longer than `payloadSizeBytesMax` bytes are scanned but not kept. */
export function createFrameScanner(payloadSizeBytesMax: number): FrameScanner {
  let offset = 0;
  let frameIndex = 0;
  let frameStart = 0;
  let headerBytes: Buffer = NOTHING;
  let header: FrameHeader | undefined;
  let payload: Buffer[] = [];
  let payloadSeen = 0;

  function takeHeader(bytes: Buffer): Buffer {
    // A chunk of many frames is not copied for each of them.
    const seen = headerBytes.length === 0 ? bytes : Buffer.concat([headerBytes, bytes]);
    header = readHeader(seen);
    headerBytes = header === undefined ? Buffer.from(seen) : NOTHING;
    return header === undefined ? NOTHING : seen.subarray(header.sizeBytes);
  }

  function finishFrame(done: FrameHeader): ScannedFrame {
    const endOffset = frameStart + done.sizeBytes + done.payloadSizeBytes;
    const frame: ScannedFrame = {
      index: frameIndex,
      opcode: done.opcode,
      isFinal: done.isFinal,
      startOffset: frameStart,
      endOffset,
      payload: unmask(joined(payload), done.mask),
      payloadSizeBytes: done.payloadSizeBytes,
    };
    frameIndex += 1;
    frameStart = endOffset;
    header = undefined;
    payload = [];
    payloadSeen = 0;
    return frame;
  }

  return {
    offset: () => offset,
    isAtBoundary: () => header === undefined && headerBytes.length === 0,
    push(bytes) {
      offset += bytes.length;
      const frames: ScannedFrame[] = [];
      let rest: Buffer = bytes;
      // Each round finishes a frame or uses up the rest, so the loop is bounded by the bytes given.
      while (rest.length > 0 || header !== undefined) {
        if (header === undefined) rest = takeHeader(rest);
        if (header === undefined) break;
        const piece = rest.subarray(0, header.payloadSizeBytes - payloadSeen);
        if (header.payloadSizeBytes <= payloadSizeBytesMax) payload.push(piece);
        payloadSeen += piece.length;
        rest = rest.subarray(piece.length);
        if (payloadSeen < header.payloadSizeBytes) break;
        frames.push(finishFrame(header));
      }
      assert(rest.length === 0, "the frame scanner left bytes unread");
      return frames;
    },
  };
}

function readHeader(bytes: Buffer): FrameHeader | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const shortSize = second & 0x7f;
  const lengthBytes = shortSize === 126 ? 2 : shortSize === 127 ? 8 : 0;
  const maskBytes = (second & 0x80) === 0 ? 0 : 4;
  const sizeBytes = 2 + lengthBytes + maskBytes;
  if (bytes.length < sizeBytes) return undefined;
  return {
    opcode: first & 0x0f,
    isFinal: (first & 0x80) !== 0,
    mask: maskBytes === 0 ? undefined : Buffer.from(bytes.subarray(sizeBytes - 4, sizeBytes)),
    sizeBytes,
    payloadSizeBytes: readPayloadSize(bytes, shortSize),
  };
}

function readPayloadSize(bytes: Buffer, shortSize: number): number {
  if (shortSize === 126) return bytes.readUInt16BE(2);
  // A length above 2^53 cannot arrive; as a float it is large enough to wait for ever, which a bound elsewhere ends.
  if (shortSize === 127) return bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6);
  return shortSize;
}

function unmask(payload: Buffer, mask: Buffer | undefined): Buffer {
  if (mask === undefined) return payload;
  const unmasked = Buffer.allocUnsafe(payload.length);
  for (let index = 0; index < payload.length; index += 1) {
    unmasked[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return unmasked;
}

/** Most frames come in one piece, and need no copy. */
function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}
