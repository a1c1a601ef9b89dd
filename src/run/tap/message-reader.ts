import { isJsonObject, type JsonObject, parseJsonObject, textMember } from "../../protocol/json.ts";
import { createFrameScanner, OPCODE, type ScannedFrame } from "../../protocol/frame-scanner.ts";

/** What one frame of a stream is: the end of a message, a control frame, or a part of a message that goes on. */
export type StreamUnit = {
  readonly frame: ScannedFrame;
  /** Where the first frame of its message begins; absent where that is this one. */
  readonly messageStart?: number;
} & (
  | { readonly kind: "message"; readonly body: JsonObject; readonly type: string }
  | { readonly kind: "unreadable"; readonly sizeBytes: number }
  | {
      readonly kind: "control";
      readonly opcode: "close" | "ping" | "pong";
      readonly code?: number;
      readonly reason?: string;
    }
  | { readonly kind: "part" }
);

/** Reads the messages of one direction of a connection, whatever pieces its bytes come in. */
export type MessageReader = {
  push(bytes: Buffer): readonly StreamUnit[];
  isAtBoundary(): boolean;
};

/** Opens a reader; a message longer than `messageSizeBytesMax` bytes is seen, but not read. */
export function createMessageReader(messageSizeBytesMax: number): MessageReader {
  const scanner = createFrameScanner(messageSizeBytesMax);
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  let messageStart: number | undefined;

  function read(frame: ScannedFrame): StreamUnit {
    const control = readControl(frame);
    if (control !== undefined) return control;
    sizeBytes += frame.payloadSizeBytes;
    if (sizeBytes <= messageSizeBytesMax) parts.push(frame.payload);
    const begun = messageStart === undefined ? {} : { messageStart };
    if (!frame.isFinal) {
      messageStart ??= frame.startOffset;
      return { frame, ...begun, kind: "part" };
    }
    const whole = parts.length === 1 ? frame.payload : Buffer.concat(parts);
    const body = sizeBytes <= messageSizeBytesMax ? parseJsonObject(whole.toString("utf8")) : undefined;
    const unreadable: StreamUnit = { frame, ...begun, kind: "unreadable", sizeBytes };
    messageStart = undefined;
    parts = [];
    sizeBytes = 0;
    const type = isJsonObject(body) ? textMember(body, "type") : undefined;
    return body === undefined || type === undefined ? unreadable : { frame, ...begun, kind: "message", body, type };
  }

  return { push: (bytes) => scanner.push(bytes).map(read), isAtBoundary: () => scanner.isAtBoundary() };
}

function readControl(frame: ScannedFrame): StreamUnit | undefined {
  switch (frame.opcode) {
    case OPCODE.ping:
      return { frame, kind: "control", opcode: "ping" };
    case OPCODE.pong:
      return { frame, kind: "control", opcode: "pong" };
    case OPCODE.close:
      if (frame.payload.length < 2) return { frame, kind: "control", opcode: "close" };
      return {
        frame,
        kind: "control",
        opcode: "close",
        code: frame.payload.readUInt16BE(0),
        reason: frame.payload.subarray(2).toString("utf8"),
      };
    default:
      return undefined;
  }
}
