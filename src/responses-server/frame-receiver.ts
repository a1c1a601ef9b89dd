import type { RawData } from "ws";

import { type ClientFrame, readClientFrame } from "./client-frame.ts";
import { DEFAULT_LANE } from "./conversation-memory.ts";
import { answerCreate } from "./create-answer.ts";
import type { LaneScheduler } from "./lane-scheduler.ts";
import { type ResponseHost, subjectOf } from "./response-host.ts";
import { parseSteer, type SteerFailure, steerFailedFrame } from "./steer-desk.ts";
import { connectionLimitReached, streamLimitReached, type WireError } from "./wire-error.ts";
import type { JsonObject } from "../protocol/json.ts";

/** What the receiving side of a connection works with. */
export type FrameReceiverParts = {
  readonly host: ResponseHost;
  readonly scheduler: LaneScheduler;
  /** Whether the connection is as old as it may become: it finishes what runs and takes nothing new. */
  readonly capReached: () => boolean;
};

/**
 * Opens the receiving side of a connection: it reads each text message and hands creates to their lanes.
 *
 * A create keeps its place in its lane even where its fields are wrong, so answers come in the order of the creates.
 */
export function createFrameReceiver(parts: FrameReceiverParts): (data: RawData) => void {
  const { host, scheduler } = parts;
  const { limits } = host;
  const lanes = new Set<string>();

  function refuseCreate(error: WireError, lane: string | undefined): void {
    const { status, code, message } = error;
    host.tell({ kind: "create-refused", ...subjectOf(host, lane), status, code, message });
    host.acts.sendError(error, { lane });
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
    if (!isTaken) host.acts.close(1008, "too many creates are waiting");
  }

  return (data) => {
    const bytes = bytesOf(data);
    const frame = readClientFrame(bytes.toString("utf8"));
    switch (frame.kind) {
      case "create":
        takeCreate(frame, bytes.length);
        return;
      case "ignored":
        host.tell({ kind: "frame-ignored", ...subjectOf(host, undefined), type: frame.type });
        return;
      case "steer":
        takeSteer(host, frame.frame);
        return;
      case "refused":
        host.tell({
          kind: "frame-refused",
          ...subjectOf(host, undefined),
          code: frame.error.code,
          message: frame.error.message,
        });
        host.acts.sendError(frame.error);
        return;
    }
  };
}

function takeSteer(host: ResponseHost, frame: JsonObject): void {
  const code = steerFailure(host, frame);
  if (code === undefined) return;
  host.tell({ kind: "steer-failed", ...subjectOf(host, undefined), code });
  const steer = { previous_response_id: frame["previous_response_id"] ?? null, input: frame["input"] ?? null };
  host.outgoing.send(JSON.stringify({ ...steerFailedFrame(code, steer), sequence_number: 0 }));
}

function steerFailure(host: ResponseHost, frame: JsonObject): SteerFailure | undefined {
  if (!host.limits.canSteer) return "steering_not_supported";
  const request = parseSteer(frame);
  return request === undefined ? "invalid_input" : host.steers.steer(request);
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
