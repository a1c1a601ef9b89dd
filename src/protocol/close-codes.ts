/** The longest reason that fits a Close frame, in UTF-8 bytes (RFC 6455 §5.5: 125 bytes of payload, 2 for the code). */
export const CLOSE_REASON_SIZE_BYTES_MAX = 123;

/**
 * Whether an endpoint may put this code into a Close frame (RFC 6455 §7.4).
 *
 * 1004, 1005, 1006 and 1015 are reserved for what was never sent; 3000–4999 belong to libraries and applications.
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

/** A Close frame as a server sends it: unmasked, with a code and a reason, or with nothing for 1005 (RFC 6455 §5.5.1). */
export function encodeServerCloseFrame(code: number, reason: string): Buffer {
  if (code === 1005) return Buffer.from([0x88, 0]);
  const text = Buffer.from(reason, "utf8");
  const frame = Buffer.alloc(4 + text.length);
  frame.writeUInt8(0x88, 0);
  frame.writeUInt8(2 + text.length, 1);
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
