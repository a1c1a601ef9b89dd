import type { Clock } from "../../determinism/clock.ts";
import { createDeferred } from "../../determinism/waiting.ts";
import type { EventBody } from "../../history/event.ts";
import type { Recorder } from "../../history/recorder.ts";
import { encodeServerCloseFrame } from "../../protocol/close-codes.ts";
import type { Direction } from "../../protocol/direction.ts";
import { createPointReader } from "../../protocol/point-of-event.ts";
import type { ConnectionInterceptor, Gate, GateAnswer, InterceptedConnection } from "../../tcp-proxy/interceptor.ts";
import type { AnchorRegistry } from "../anchor-registry.ts";
import type { DialRejection } from "../backend.ts";
import { createDirectionTap, type DirectionTap, FACES_OF_DIRECTION } from "./direction-tap.ts";
import { HEAD_SIZE_BYTES_MAX, type HttpHead, requestPathOf, splitHead, statusOf, withoutHeader } from "./http-head.ts";
import { createMessageLabeller } from "./message-labels.ts";

/** What the tap of one connection needs. */
export type ConnectionTapOptions = {
  readonly session: number;
  /** Index of the dial, from 0. */
  readonly connection: number;
  readonly hand: InterceptedConnection;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly messageSizeBytesMax: number;
  readonly confirmDeadlineMs: number;
  /** Asked once for each dial, after the anchors of P0 have been dealt with; undefined lets it through. */
  rejection(): DialRejection["how"] | undefined;
  onBytes(sizeBytes: number): void;
};

/** The two faces of one connection: what the proxy shows to its interceptor, read as a protocol. */
export type ConnectionTap = {
  readonly interceptor: ConnectionInterceptor;
  /** Resolves when both sockets are gone. */
  readonly gone: Promise<void>;
  /** Sends a Close frame to the client behind the frame that is under way; resolves when the kernel took it. */
  close(code: number, reason: string): Promise<void>;
};

const NOTHING: Buffer = Buffer.alloc(0);

type HeadState = { collected: Buffer; sizeBytesOut: number | undefined; isFrames: boolean };

/** Opens the tap of one connection and records its dial. */
export function createConnectionTap(options: ConnectionTapOptions): ConnectionTap {
  const { session, connection, hand, anchors, recorder } = options;
  const place = { session, connection };
  const record = (body: EventBody): number => recorder.record({ ...body, ...place });
  const gone = createDeferred<void>();
  const points = createPointReader();
  const labeller = createMessageLabeller();
  const heads: Record<Direction, HeadState> = { "to-client": openHead(), "to-server": openHead() };
  let rejectedWith: DialRejection["how"] | undefined;
  let totalToClient = 0;
  let onClientTotal: (() => void) | undefined;

  const tapOf = (direction: Direction): DirectionTap =>
    createDirectionTap({
      ...options,
      direction,
      describe: (message) => ({
        labels: labeller.label(message),
        point: direction === "to-client" ? points.ofServerEvent(message) : points.ofClientEvent(message),
      }),
      release: () => hand.release({ direction, edge: "in" }),
    });
  const taps: Record<Direction, DirectionTap> = { "to-client": tapOf("to-client"), "to-server": tapOf("to-server") };

  async function accepted(): Promise<"dial" | "answer"> {
    const by = record({ source: "client-face", kind: "dialled" });
    const hits = anchors.match({ ...place, point: "P0" });
    await Promise.all(hits.map((hit) => hit.confirm({ connection, heldBy: "client-face", by })));
    rejectedWith = options.rejection();
    if (rejectedWith === undefined) return "dial";
    if (rejectedWith === "reset") {
      record({ source: "client-face", kind: "dial-rejected", how: "reset" });
      hand.reset("client");
    }
    return "answer";
  }

  /** Reads the head of a direction; answers what goes on in its place, or undefined while it is not whole. */
  function takeHead(direction: Direction, chunk: Buffer): { readonly out: Buffer; readonly rest: Buffer } | undefined {
    const state = heads[direction];
    state.collected = Buffer.concat([state.collected, chunk]);
    const split = splitHead(state.collected);
    if (split === undefined && state.collected.length <= HEAD_SIZE_BYTES_MAX) return undefined;
    const out = split === undefined ? state.collected : readHead(direction, split.head);
    const rest = split?.rest ?? NOTHING;
    state.collected = NOTHING;
    state.sizeBytesOut = out.length;
    return { out, rest };
  }

  function readHead(direction: Direction, head: HttpHead): Buffer {
    if (direction === "to-server") {
      const onwards = withoutHeader(head, "sec-websocket-extensions");
      heads["to-server"].isFrames = head.headers.get("upgrade")?.toLowerCase() === "websocket";
      const extensionsRemoved = onwards !== head;
      record({ source: "client-face", kind: "upgrade-requested", path: requestPathOf(head), extensionsRemoved });
      return onwards.bytes;
    }
    const status = statusOf(head) ?? 0;
    heads["to-client"].isFrames = status === 101;
    const by = record({ source: "server-face", kind: "upgrade-answered", status });
    const hits = status === 101 ? anchors.match({ ...place, point: "P1" }) : [];
    if (hits.length > 0) pendingUpgradeStop = { offset: 0, hits, by };
    return head.bytes;
  }
  let pendingUpgradeStop: Parameters<DirectionTap["stop"]>[0] | undefined;

  function takeIn(direction: Direction, chunk: Buffer): GateAnswer {
    options.onBytes(chunk.length);
    const state = heads[direction];
    if (state.sizeBytesOut !== undefined) return state.isFrames ? taps[direction].take(chunk) : { pass: chunk };
    const taken = takeHead(direction, chunk);
    if (taken === undefined) return { pass: NOTHING };
    if (rejectedWith !== undefined) return answerRejected(rejectedWith);
    if (pendingUpgradeStop !== undefined && direction === "to-client") {
      taps["to-client"].stop(pendingUpgradeStop);
      pendingUpgradeStop = undefined;
      return { pass: taken.out, held: taken.rest };
    }
    const { pass, held } = state.isFrames ? taps[direction].take(taken.rest) : { pass: taken.rest };
    return { pass: Buffer.concat([taken.out, pass]), ...(held === undefined ? {} : { held }) };
  }

  function answerRejected(how: DialRejection["how"]): GateAnswer {
    if (how !== "reset") {
      record({ source: "client-face", kind: "dial-rejected", how: `status ${how.status}` });
      hand.inject("to-client", encodeRefusal(how));
      hand.end("client");
    }
    return { pass: NOTHING };
  }

  const interceptor: ConnectionInterceptor = {
    accepted,
    bytes: (gate, chunk) => (gate.edge === "in" ? takeIn(gate.direction, chunk) : { pass: chunk }),
    written(direction, totalBytes) {
      const head = heads[direction].sizeBytesOut;
      if (direction === "to-client") {
        totalToClient = totalBytes;
        onClientTotal?.();
      }
      if (head !== undefined && totalBytes >= head) taps[direction].delivered(totalBytes - head);
    },
    ended(gate) {
      // A peer that ends its side in the middle of a message has still sent those bytes.
      const rest = gate.edge === "in" ? taps[gate.direction].takeRest() : NOTHING;
      if (rest.length > 0) hand.inject(gate.direction, rest);
      record({ source: faceOf(gate), kind: "ended", edge: gate.edge });
    },
    reset: (side, by) => void record({ source: side === "client" ? "client-face" : "server-face", kind: "reset", by }),
    upstreamFailed: (code) => void record({ source: "server-face", kind: "upstream-failed", code }),
    closed() {
      for (const tap of Object.values(taps)) tap.closed();
      record({ source: "client-face", kind: "connection-closed" });
      gone.resolve();
    },
  };

  async function close(code: number, reason: string): Promise<void> {
    const stopped = createDeferred<void>();
    taps["to-client"].stopAtBoundary(() => stopped.resolve());
    await Promise.race([stopped.promise, gone.promise]);
    hand.discard({ direction: "to-client", edge: "in" });
    const frame = encodeServerCloseFrame(code, reason);
    const written = createDeferred<void>();
    const total = (heads["to-client"].sizeBytesOut ?? 0) + taps["to-client"].passedOffset() + frame.length;
    onClientTotal = () => {
      if (totalToClient >= total) written.resolve();
    };
    hand.inject("to-client", frame);
    await Promise.race([written.promise, gone.promise]);
    if (totalToClient < total) throw new Error("the connection was gone before the Close frame was taken");
    record({ source: "client-face", kind: "frame-injected", direction: "to-client", code });
  }

  return { interceptor, gone: gone.promise, close };
}

function openHead(): HeadState {
  return { collected: NOTHING, sizeBytesOut: undefined, isFrames: false };
}

function faceOf({ direction, edge }: Gate): "client-face" | "server-face" {
  return edge === "in" ? FACES_OF_DIRECTION[direction].enters : FACES_OF_DIRECTION[direction].leaves;
}

function encodeRefusal(how: Exclude<DialRejection["how"], "reset">): Buffer {
  const body = JSON.stringify({
    error: {
      message: `The upgrade was refused with status ${how.status}.`,
      type: "server_error",
      param: null,
      code: null,
    },
  });
  const retryAfter = how.retryAfterSeconds === undefined ? "" : `Retry-After: ${how.retryAfterSeconds}\r\n`;
  return Buffer.from(
    `HTTP/1.1 ${how.status} Refused\r\nContent-Type: application/json\r\n${retryAfter}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
