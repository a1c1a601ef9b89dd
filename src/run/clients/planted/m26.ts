import type WebSocket from "ws";

import { createDialer, type Dialer } from "../../../responses-client/dial.ts";
import type { Policy, PolicyContext } from "../../../responses-client/policy-context.ts";
import type { Client } from "../../client.ts";
import { adaptResponsesClient, TEST_CONNECT_TIMEOUT_MS } from "../../responses-client-adapter.ts";

const BEAT_MS = 100;
const BEATS = 25;

/** The bug: the socket's end is believed only when its keep-alive has missed it for a while, and until then it beats. */
const believeKeepAlive: Policy<Dialer> = (context) => {
  const dialer = createDialer({ connectTimeoutMs: TEST_CONNECT_TIMEOUT_MS })(context);
  return {
    ...dialer,
    dial(request) {
      const socket = dialer.dial(request);
      socket.once("open", () => putOffClose(socket, context));
      return socket;
    },
  };
};

function putOffClose(socket: WebSocket, { clock }: PolicyContext): void {
  const emit = socket.emit.bind(socket);
  const beat = (left: number, tell: () => void): void => {
    if (left === 0) return tell();
    emit("ping", Buffer.alloc(0));
    clock.startTimer(BEAT_MS, () => beat(left - 1, tell));
  };
  socket.emit = (event: string | symbol, ...details: unknown[]): boolean => {
    if (event !== "close" || details[0] !== 1006) return emit(event, ...details);
    beat(BEATS, () => void emit(event, ...details));
    return true;
  };
}

/** M26: a reset connection is noticed by a heartbeat, seconds later, instead of by its error. Violates INV-27. */
export const client: Client = adaptResponsesClient("planted:M26", { dialer: believeKeepAlive });
