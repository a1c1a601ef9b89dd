import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { HarnessError, messageOf, systemCodeOf } from "../errors.ts";
import { createResponsesEndpoint } from "./responses-endpoint.ts";
import type { ServerControl } from "./server-control.ts";
import type { ResponsesServerOptions } from "./server-options.ts";

/** A reference server that listens. */
export type ResponsesServer = {
  /** Base address for an SDK: `"http://127.0.0.1:40123/v1"`; the WebSocket address is the same with `ws:`. */
  readonly url: string;
  readonly port: number;
  /** Conversations, orders and holds while it runs. */
  readonly control: ServerControl;
  /** Number of connections that have been upgraded and are not closed. */
  connectionCount(): number;
  /** Closes every connection with 1001, stops listening, and leaves no socket and no timer. Twice does no harm. */
  close(): Promise<void>;
};

/**
 * Starts the stand-alone reference server of the Responses WebSocket protocol.
 *
 * @throws HarnessError `HARNESS_PORT_IN_USE` where it cannot listen, `HARNESS_INVALID_OPTION`
 *
 * @example
 * const server = await openResponsesServer({ clock: createSystemClock(), scriptOf: () => script });
 * const client = new OpenAI({ baseURL: server.url, apiKey: "any" });
 */
export async function openResponsesServer(options: ResponsesServerOptions): Promise<ResponsesServer> {
  const host = options.host ?? "127.0.0.1";
  const endpoint = createResponsesEndpoint(options);
  const { httpServer } = endpoint;
  const port = await listen(httpServer, host, options.port ?? 0);
  const shownHost = host.includes(":") ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${shownHost}:${port}/v1`,
    port,
    control: endpoint.control,
    connectionCount: () => endpoint.connectionCount(),
    async close() {
      closing ??= new Promise((resolve) => {
        httpServer.close(() => resolve());
        endpoint.close();
      });
      await closing;
    },
  };
}

async function listen(
  httpServer: ReturnType<typeof createResponsesEndpoint>["httpServer"],
  host: string,
  port: number,
): Promise<number> {
  try {
    httpServer.listen(port, host);
    await once(httpServer, "listening");
  } catch (error) {
    const code = systemCodeOf(error) === "ERR_SOCKET_BAD_PORT" ? "HARNESS_INVALID_OPTION" : "HARNESS_PORT_IN_USE";
    throw new HarnessError(
      code,
      `The reference server cannot listen on ${host}:${port}: ${messageOf(error)}. Choose another port, or 0 for any.`,
      { details: { host, port }, cause: error },
    );
  }
  const address = httpServer.address() as AddressInfo;
  return address.port;
}
