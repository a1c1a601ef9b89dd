import type { Alteration } from "../../history/event.ts";
import { encodeServerFrame } from "../../protocol/frame-encoder.ts";
import { OPCODE, type ScannedFrame } from "../../protocol/frame-scanner.ts";
import type { Direction } from "../../protocol/direction.ts";
import { type JsonObject, textMember } from "../../protocol/json.ts";
import type { MessageLabels } from "./message-labels.ts";
import type { StreamUnit } from "./message-reader.ts";

/** A message or a control frame that is about to go out. */
export type PassingMessage = {
  readonly connection: number;
  readonly unit: StreamUnit;
  /** All its frames as they came. */
  readonly bytes: Buffer;
};

/** Something that goes out: a message, or a control frame. */
export type OutgoingPiece = {
  readonly unit: StreamUnit;
  readonly bytes: Buffer;
  /** Absent where it goes out as it came. */
  readonly altered?: Alteration;
  /** The message that it was made of, whose ids it has; itself where absent. */
  readonly labelsOf?: StreamUnit;
  /** Its ids, where there is no such message. */
  readonly labels?: MessageLabels;
};

/** What becomes of a message. */
export type MessageEdit = {
  /** Whether it will never go out, as it came or otherwise; false where it is kept back for later. */
  readonly isDropped?: boolean;
  /** What goes out now. */
  readonly pieces: readonly OutgoingPiece[];
};

/** Decides what becomes of the messages of one direction, at the face where they come in. */
export type MessageEditor = {
  readonly direction: Direction;
  /** The only connection that it looks at; every one of the session where absent. */
  readonly connection?: number;
  /** Asked for each message, in order; undefined leaves it to the next editor, and in the end lets it pass. */
  edit(message: PassingMessage): MessageEdit | undefined;
};

/** A message that leaves the wire for good. */
export const DROPPED: MessageEdit = { isDropped: true, pieces: [] };

/** A message that is kept back by whoever edits it. */
export const KEPT_BACK: MessageEdit = { pieces: [] };

/** Whether all of a message stands in one frame. */
export function isInOneFrame({ unit: { frame }, bytes }: PassingMessage): boolean {
  return bytes.length === frame.endOffset - frame.startOffset;
}

/** A message as it came. */
export function asItCame({ unit, bytes }: PassingMessage): OutgoingPiece {
  return { unit, bytes };
}

/** Where a message is that is put in behind another one; before the first it has the place of that. */
export function behind(unit: StreamUnit | undefined): ScannedFrame {
  return unit?.frame ?? FIRST_FRAME;
}

const FIRST_FRAME: ScannedFrame = {
  index: 0,
  opcode: OPCODE.text,
  isFinal: true,
  startOffset: 0,
  endOffset: 0,
  payload: Buffer.alloc(0),
  payloadSizeBytes: 0,
};

/** A control frame of the server's side without a payload. */
export function controlFrame(
  opcode: typeof OPCODE.ping,
  frame: ScannedFrame,
  more: { readonly altered: Alteration },
): OutgoingPiece {
  const bytes = encodeServerFrame({ opcode, payload: Buffer.alloc(0) });
  return { unit: { frame, kind: "control", opcode: "ping" }, bytes, ...more };
}

/** A message of the server's side that goes out in the place of another, or beside it. */
export function serverMessage(
  body: JsonObject,
  frame: ScannedFrame,
  more: Pick<OutgoingPiece, "labels" | "labelsOf"> & { readonly altered: Alteration },
): OutgoingPiece {
  const payload = Buffer.from(JSON.stringify(body));
  const unit: StreamUnit = { frame, kind: "message", body, type: textMember(body, "type") ?? "" };
  return { unit, bytes: encodeServerFrame({ opcode: OPCODE.text, payload }), ...more };
}

/** A message that goes out in another place than it came in, or a second time. */
export function again({ unit, bytes }: PassingMessage, altered: Alteration): OutgoingPiece {
  return { unit, bytes, altered };
}
