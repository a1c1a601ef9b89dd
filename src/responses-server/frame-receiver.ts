import type { RawData } from "ws";

import { type ClientFrame, readClientFrame } from "./client-frame.ts";
import { DEFAULT_LANE } from "./conversation-memory.ts";
import type { LaneScheduler } from "./lane-scheduler.ts";
import { answerCreate, type ResponseHost } from "./response-run.ts";
import type { ServerLimits } from "./server-options.ts";
import {
  connectionLimitReached,
  errorFrame,
  invalidRequest,
  streamLimitReached,
  type WireError,
} from "./wire-error.ts";

/** What the receiving side of a connection works with. */
export type FrameReceiverParts = {
  readonly host: ResponseHost;
  readonly limits: ServerLimits;
  readonly scheduler: LaneScheduler;
  readonly close: (code: number, reason: string) => void;
  /** Whether the connection is as old as it may become: it finishes what runs and takes nothing new. */
  readonly capReached: () => boolean;
};

/**
 * Opens the receiving side of a connection: it reads each text message and hands creates to their lanes.
 *
 * A create keeps its place in its lane even where its fields are wrong, so answers come in the order of the creates.
 */
export function createFrameReceiver(parts: FrameReceiverParts): (data: RawData) => void {
  const { host, limits, scheduler } = parts;
  const subject = { apiKey: host.session.apiKey, connection: host.connection };
  const lanes = new Set<string>();

  function refuseFrame(error: WireError): void {
    host.tell({ kind: "frame-refused", ...subject, code: error.code, message: error.message });
    host.outgoing.send(JSON.stringify(errorFrame(error)));
  }

  function refuseCreate(error: WireError, lane: string | undefined): void {
    const place = lane === undefined ? {} : { lane };
    const { status, code, message } = error;
    host.tell({ kind: "create-refused", ...subject, ...place, status, code, message });
    host.outgoing.send(JSON.stringify(errorFrame(error, { lane })));
  }

  function takeCreate(frame: Extract<ClientFrame, { kind: "create" }>, sizeBytes: number): void {
    const { lane } = frame;
    if (parts.capReached()) {
      refuseCreate(connectionLimitReached(limits.connectionAgeMsMax), lane);
      return;
    }
    if (lane !== undefined && !lanes.has(lane)) {
      if (lanes.size >= limits.lanesMax) {
        refuseCreate(streamLimitReached(), lane);
        return;
      }
      lanes.add(lane);
    }
    const isTaken = scheduler.submit({
      lane: lane ?? DEFAULT_LANE,
      sizeBytes,
      start: async () => await answerCreate(host, frame),
    });
    if (!isTaken) parts.close(1008, "too many creates are waiting");
  }

  return (data) => {
    const bytes = bytesOf(data);
    const frame = readClientFrame(bytes.toString("utf8"));
    switch (frame.kind) {
      case "create":
        takeCreate(frame, bytes.length);
        return;
      case "ignored":
        host.tell({ kind: "frame-ignored", ...subject, type: frame.type });
        return;
      case "steer":
        refuseFrame(invalidRequest("This model does not support steering.", { code: "steering_not_supported" }));
        return;
      case "refused":
        refuseFrame(frame.error);
        return;
    }
  };
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
