import type { Direction } from "../../protocol/direction.ts";
import { createFrameScanner, type FrameScanner } from "../../protocol/frame-scanner.ts";
import { HEAD_SIZE_BYTES_MAX, requestPathOf, splitHead, statusOf, withoutHeader } from "../tap/http-head.ts";
import { DIAL_HEADER } from "./tap-messages.ts";

/**
 * What a tap sees on one connection, for people who watch it. Offsets count from behind the upgrade's blank line.
 *
 * @example {"kind":"frame","direction":"to-client","index":0,"opcode":1,"isFinal":true,"startOffset":0,"endOffset":512}
 */
export type TapEventBody =
  | { readonly kind: "dialled" }
  | { readonly kind: "upgrade-requested"; readonly path: string; readonly extensionsRemoved: boolean }
  | { readonly kind: "upgrade-answered"; readonly status: number }
  | {
      readonly kind: "frame";
      readonly direction: Direction;
      readonly index: number;
      readonly opcode: number;
      readonly isFinal: boolean;
      readonly startOffset: number;
      readonly endOffset: number;
    }
  | { readonly kind: "upstream-failed"; readonly code: string }
  | { readonly kind: "ended"; readonly direction: Direction; readonly edge: "in" | "out" }
  | { readonly kind: "reset"; readonly side: "client" | "server"; readonly by: "peer" | "proxy" }
  | { readonly kind: "closed" };

/** Reads the two directions of one connection as they come in. */
export type TapWatch = {
  /** Takes what came, answers what is to go on in its place. */
  take(direction: Direction, chunk: Buffer): Buffer;
  /** The peer ended its side: bytes of a head that never became whole go on as they are. */
  takeRest(direction: Direction): Buffer;
};

/** What a watch tells. */
export type TapWatchListener = {
  readonly tell: (event: TapEventBody) => void;
  /** The request's head is there, with the name that the client's side gave the dial. Once, where it comes at all. */
  readonly requested: (dial: string | undefined) => void;
};

type DirectionState = { head: Buffer | undefined; scanner: FrameScanner | undefined };

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Opens the watch of a connection.
 *
 * Only the head of the first request changes on its way: it loses the offer of extensions, because a compressed frame
 * cannot be read, and the name of the dial. Everything else goes on byte by byte.
 */
export function createTapWatch({ tell, requested }: TapWatchListener): TapWatch {
  const states: Record<Direction, DirectionState> = {
    "to-client": { head: NOTHING, scanner: undefined },
    "to-server": { head: NOTHING, scanner: undefined },
  };

  function readRequest(bytes: Buffer): Buffer {
    const split = splitHead(bytes);
    if (split === undefined) return bytes;
    const isUpgrade = split.head.headers.get("upgrade")?.toLowerCase() === "websocket";
    const anonymous = withoutHeader(split.head, DIAL_HEADER);
    const onwards = withoutHeader(anonymous, "sec-websocket-extensions");
    const extensionsRemoved = onwards !== anonymous;
    tell({ kind: "upgrade-requested", path: requestPathOf(split.head), extensionsRemoved });
    requested(split.head.headers.get(DIAL_HEADER));
    if (isUpgrade) states["to-server"].scanner = createFrameScanner(0);
    scan("to-server", split.rest);
    return Buffer.concat([onwards.bytes, split.rest]);
  }

  function readAnswer(bytes: Buffer): Buffer {
    const split = splitHead(bytes);
    if (split === undefined) return bytes;
    const status = statusOf(split.head) ?? 0;
    tell({ kind: "upgrade-answered", status });
    if (status === 101) states["to-client"].scanner = createFrameScanner(0);
    scan("to-client", split.rest);
    return bytes;
  }

  function scan(direction: Direction, bytes: Buffer): void {
    for (const frame of states[direction].scanner?.push(bytes) ?? []) {
      const { index, opcode, isFinal, startOffset, endOffset } = frame;
      tell({ kind: "frame", direction, index, opcode, isFinal, startOffset, endOffset });
    }
  }

  return {
    take(direction, chunk) {
      const state = states[direction];
      if (state.head === undefined) {
        scan(direction, chunk);
        return chunk;
      }
      const collected = state.head.length === 0 ? chunk : Buffer.concat([state.head, chunk]);
      state.head = collected;
      if (collected.length <= HEAD_SIZE_BYTES_MAX && splitHead(collected) === undefined) return NOTHING;
      state.head = undefined;
      return direction === "to-server" ? readRequest(collected) : readAnswer(collected);
    },
    takeRest(direction) {
      const rest = states[direction].head ?? NOTHING;
      states[direction].head = undefined;
      return rest;
    },
  };
}
