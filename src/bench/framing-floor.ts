import assert from "node:assert/strict";
import type { Writable } from "node:stream";

import * as ws from "ws";

import type { HistoryEvent } from "../history/event.ts";
import type { JsonObject } from "../protocol/json.ts";

/** One message of a recorded session. */
type Recorded = { readonly isMasked: boolean; readonly body: JsonObject };

/** What `ws` exports besides its sockets; its types do not tell of them. */
type Frame = (payload: Buffer, options: FrameOptions) => readonly Buffer[];
type FrameOptions = {
  readonly fin: true;
  readonly opcode: 1;
  readonly mask: boolean;
  readonly maskBuffer: Buffer;
  readonly rsv1: false;
  readonly readOnly: false;
};
type OpenReceiver = new (options: { readonly isServer: boolean }) => Writable;

const TEXT: Pick<FrameOptions, "fin" | "opcode" | "rsv1" | "readOnly"> = {
  fin: true,
  opcode: 1,
  rsv1: false,
  readOnly: false,
};

/**
 * The least that a session costs over `ws`: each message is printed as JSON, framed, found in the frame and parsed again.
 * No sockets, no timers, no agent, nobody who looks.
 */
export function createFramingFloor(history: readonly HistoryEvent[]): { replay(): void } {
  const frame = frameFunction();
  const OpenReceiver = receiverClass();
  const messages: readonly Recorded[] = history.flatMap((event) =>
    event.kind === "message" && event.body !== undefined
      ? [{ isMasked: event.direction === "to-server", body: event.body }]
      : [],
  );
  const maskBuffer = Buffer.alloc(4);
  return {
    replay() {
      let parsed = 0;
      const parse = (data: Buffer): void => {
        JSON.parse(data.toString("utf8"));
        parsed += 1;
      };
      const receivers = { client: new OpenReceiver({ isServer: false }), server: new OpenReceiver({ isServer: true }) };
      for (const receiver of Object.values(receivers)) receiver.on("message", parse);
      for (const { isMasked, body } of messages) {
        const payload = Buffer.from(JSON.stringify(body));
        const pieces = frame(payload, { ...TEXT, mask: isMasked, maskBuffer });
        for (const piece of pieces) receivers[isMasked ? "server" : "client"].write(piece);
      }
      assert.equal(parsed, messages.length, "the floor lost messages");
    },
  };
}

function frameFunction(): Frame {
  const sender: unknown = Reflect.get(ws, "Sender");
  const frame: unknown = typeof sender === "function" ? Reflect.get(sender, "frame") : undefined;
  assert(isFrame(frame), "this version of ws exports no Sender.frame");
  return frame;
}

function receiverClass(): OpenReceiver {
  const receiver: unknown = Reflect.get(ws, "Receiver");
  assert(isReceiver(receiver), "this version of ws exports no Receiver");
  return receiver;
}

function isFrame(value: unknown): value is Frame {
  return typeof value === "function";
}

function isReceiver(value: unknown): value is OpenReceiver {
  return typeof value === "function";
}
