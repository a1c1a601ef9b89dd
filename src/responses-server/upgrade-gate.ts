import type { IncomingMessage, ServerResponse } from "node:http";

import type { Identities } from "./identities.ts";
import type { Session, Sessions } from "./session.ts";
import {
  bearerOf,
  handshakeProblem,
  type HttpRefusal,
  noRoute,
  pathOf,
  RESPONSES_PATH,
  serverFull,
  upgradeRequired,
  wrongKey,
} from "./upgrade-request.ts";
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
