import type { Clock } from "../../determinism/clock.ts";
import { createDeferred } from "../../determinism/waiting.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Interceptor } from "../../tcp-proxy/interceptor.ts";
import type { AnchorRegistry } from "../anchor-registry.ts";
import type { AppliedChange, DialRejection } from "../backend.ts";
import { ConnectionTap } from "./connection-tap.ts";

/** What the taps of a run need. */
export type WireTapOptions = {
  readonly sessionCount: number;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** How many bytes may pass over all wires; the longest message that is read is bounded by it too. */
  readonly bytesMax: number;
  onFull(): void;
};

/** The taps of one session's wire, whatever connection is open on it. */
export type SessionTap = {
  readonly liveConnection: () => number | undefined;
  readonly connectionGone: (connection: number) => Promise<void>;
  /** How many bytes the client of a connection may not have read yet. */
  readonly unreadBytesMax: (connection: number) => number;
  /** Whether a connection was dialled and one of its sockets is still there. */
  readonly isLive: (connection: number) => boolean;
  closeWithFrame(frame: { readonly code: number; readonly reason: string }, connection: number): Promise<void>;
  rejectDials(rejection: DialRejection): AppliedChange;
};

/** The faces of all wires, as one interceptor of the proxy. */
export type WireTap = {
  readonly interceptor: Interceptor;
  /** The name that the proxy of a session has to have. */
  proxyName(session: number): string;
  session(session: number): SessionTap;
};

/** How long the far side's kernel may take to take an anchor before the fault counts as missed. */
const CONFIRM_DEADLINE_MS = 5_000;

/** The longest message that is read, in bytes; longer ones pass unread. */
const MESSAGE_SIZE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Opens the taps of a run. */
export function createWireTap(options: WireTapOptions): WireTap {
  const sessions = Array.from({ length: options.sessionCount }, () => openSession());
  let bytesSeen = 0;

  function countBytes(sizeBytes: number): void {
    const isFull = bytesSeen >= options.bytesMax;
    bytesSeen += sizeBytes;
    if (!isFull && bytesSeen >= options.bytesMax) options.onFull();
  }

  return {
    proxyName: (session) => `session-${session}`,
    session: (session) => sessionAt(sessions, session).tap,
    interceptor: {
      connected(hand) {
        const session = Number(hand.proxyName.slice("session-".length));
        const state = sessionAt(sessions, session);
        const connection = new ConnectionTap({
          session,
          connection: hand.index,
          hand,
          anchors: options.anchors,
          clock: options.clock,
          recorder: options.recorder,
          messageSizeBytesMax: Math.min(options.bytesMax, MESSAGE_SIZE_BYTES_MAX),
          confirmDeadlineMs: CONFIRM_DEADLINE_MS,
          rejection: () => state.takeRejection(),
          onBytes: countBytes,
        });
        state.add(hand.index, connection);
        return connection;
      },
    },
  };
}

type SessionState = {
  readonly tap: SessionTap;
  add(index: number, connection: ConnectionTap): void;
  takeRejection(): DialRejection["how"] | undefined;
};

type ActiveRejection = { readonly rejection: DialRejection; left: number; struck(): void };

function sessionAt(sessions: readonly SessionState[], session: number): SessionState {
  const state = sessions[session];
  if (state === undefined) throw new RangeError(`no wire for session ${session}`);
  return state;
}

function openSession(): SessionState {
  const connections = new Map<number, ConnectionTap>();
  const live = new Set<number>();
  const rejections = new Set<ActiveRejection>();
  return {
    add(index, connection) {
      connections.set(index, connection);
      live.add(index);
      void connection.gone.then(() => live.delete(index));
    },
    takeRejection() {
      const active = [...rejections].find(({ left }) => left > 0);
      if (active === undefined) return undefined;
      active.left -= 1;
      active.struck();
      return active.rejection.how;
    },
    tap: {
      liveConnection: () => [...live].at(-1),
      isLive: (index) => live.has(index),
      unreadBytesMax: (index) => connections.get(index)?.unreadBytesMax ?? 0,
      connectionGone: async (index) => await connections.get(index)?.gone,
      async closeWithFrame({ code, reason }, index) {
        const connection = connections.get(index);
        if (connection === undefined) throw new Error(`no connection ${index} has been dialled`);
        await connection.close(code, reason);
      },
      rejectDials(rejection) {
        const struck = createDeferred<void>();
        const active: ActiveRejection = { rejection, left: rejection.dials, struck: () => struck.resolve() };
        rejections.add(active);
        return {
          struck: struck.promise,
          shortfall() {
            const came = rejection.dials - active.left;
            return active.left === 0 ? undefined : `only ${came} of ${rejection.dials} dials came to be rejected`;
          },
          async undo() {
            rejections.delete(active);
          },
        };
      },
    },
  };
}
