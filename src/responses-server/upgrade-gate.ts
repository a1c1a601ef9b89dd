import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import type { Identities } from "./identities.ts";
import type { Session, Sessions } from "./session.ts";
import {
  bearerOf,
  handshakeProblem,
  type HttpRefusal,
  noRoute,
  orderedRefusal,
  pathOf,
  RESPONSES_PATH,
  serverFull,
  upgradeRequired,
  wrongKey,
} from "./upgrade-request.ts";
import type { OrderBook } from "./order-book.ts";
import { type ConnectionActs, type OrderStage, performOrders } from "./connection-acts.ts";
import { OVER } from "../determinism/waiting.ts";
import { cutStream } from "./stream-end.ts";
import { httpErrorBody } from "./wire-error.ts";

/** What the gate looks at beside the request. */
export type GateState = {
  readonly sessions: Sessions;
  readonly isFull: boolean;
};

/**
 * Decides about an upgrade: the session that it opens a connection of, or the refusal.
 *
 * The request itself is judged first, then the key, then the bounds of the server.
 */
export function judgeUpgrade(request: IncomingMessage, state: GateState): Session | HttpRefusal {
  const problem = handshakeProblem(request);
  if (problem !== undefined) return problem;
  const apiKey = bearerOf(request);
  if (apiKey === undefined) return { error: wrongKey(true) };
  if (state.isFull) return { error: serverFull() };
  const session = state.sessions.open(apiKey);
  if (session === "unknown") return { error: wrongKey(false) };
  return session === "full" ? { error: serverFull() } : session;
}

/**
 * Carries out what was ordered for an upgrade before its answer; answers a refusal where one was ordered.
 *
 * The stream may be gone afterwards. A hold ends with it.
 */
export async function obeyBeforeUpgrade(
  stream: Duplex,
  apiKey: string,
  stage: Pick<OrderStage, "holds" | "clock" | "tell"> & { readonly orders: OrderBook },
): Promise<HttpRefusal | undefined> {
  const moment = { apiKey, type: "upgrade", point: "P1", edge: "before" } as const;
  const due = stage.orders.take(moment);
  const gone = new AbortController();
  const abort = (): void => gone.abort(OVER);
  stream.once("close", abort);
  const refused = due.map(({ action }) => action).find((action) => action.kind === "refuse");
  await performOrders({ ...stage, signal: gone.signal, acts: streamActs(stream, gone) }, due, moment);
  stream.off("close", abort);
  return refused === undefined ? undefined : orderedRefusal(refused);
}

/** Before an upgrade is answered there is no WebSocket yet: a stream can only be cut. */
function streamActs(stream: Duplex, gone: AbortController): ConnectionActs {
  const nothing = (): void => undefined;
  return {
    cut(how) {
      gone.abort(OVER);
      cutStream(stream, how);
    },
    close: nothing,
    freeze: nothing,
    thaw: nothing,
    sendError: nothing,
  };
}

/** Answers a request that asks for no upgrade: 426 at the path of the API, 404 everywhere else. */
export function answerPlainRequest(request: IncomingMessage, response: ServerResponse, identities: Identities): void {
  const isUpgradePath = pathOf(request) === RESPONSES_PATH && request.method === "GET";
  const refusal: HttpRefusal = isUpgradePath ? upgradeRequired() : { error: noRoute(request) };
  // A date would make the bytes of a run differ from one replay to the next.
  response.sendDate = false;
  response.writeHead(refusal.error.status, {
    "content-type": "application/json",
    "x-request-id": identities.next("req"),
    connection: "close",
    ...refusal.headers,
  });
  response.end(JSON.stringify(httpErrorBody(refusal.error)));
}
