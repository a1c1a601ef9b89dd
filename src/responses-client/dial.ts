import WebSocket from "ws";

import type { Policy } from "./policy-context.ts";

/** Where to and as whom. */
export type DialRequest = {
  /** The endpoint, for example `"ws://127.0.0.1:8080/v1/responses"`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A larger message ends the connection. */
  readonly messageSizeBytesMax: number;
};

/** Opens sockets. */
export type Dialer = {
  /** How long an upgrade may take in milliseconds; then the attempt has failed. */
  readonly connectTimeoutMs: number;
  /** A socket that is connecting. The connection puts its listeners on it in the same tick. */
  dial(request: DialRequest): WebSocket;
};

/** What {@link createDialer} can be told. */
export type DialerOptions = {
  /** 15_000 ms where absent. */
  readonly connectTimeoutMs?: number;
  /** Further headers of the upgrade, for example `{"OpenAI-Project":"proj_1"}`. */
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * Dials with `ws`: no compression, which costs memory per connection and hides frame sizes, and no redirects, which
 * would carry the key to another host (protocol.md §1.2).
 */
export function createDialer(options: DialerOptions = {}): Policy<Dialer> {
  const { connectTimeoutMs = 15_000, headers = {} } = options;
  return () => ({
    connectTimeoutMs,
    dial: (request) =>
      new WebSocket(request.url, {
        headers: { ...headers, ...request.headers },
        maxPayload: request.messageSizeBytesMax,
        perMessageDeflate: false,
        followRedirects: false,
      }),
  });
}
