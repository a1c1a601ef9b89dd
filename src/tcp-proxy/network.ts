import { connect, createServer, type Server } from "node:net";

import type { Address } from "./address.ts";

/** One end of a connection as the proxy uses it: a `Socket` of `node:net`, or what behaves like one. */
export type ProxySocket = {
  readonly connecting: boolean;
  readonly destroyed: boolean;
  readonly closed: boolean;
  readonly readableEnded: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  /** Bytes that were written and that nobody has taken yet. */
  readonly writableLength: number;
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "drain", listener: () => void): unknown;
  once(event: "error", listener: (error: Error) => void): unknown;
  once(event: "connect" | "end" | "finish" | "close", listener: () => void): unknown;
  isPaused(): boolean;
  pause(): unknown;
  resume(): unknown;
  /** Answers whether more may be written at once; the callback comes when the bytes were taken. */
  write(bytes: Buffer | string, callback?: (error?: Error | null) => void): boolean;
  end(): unknown;
  destroy(): unknown;
  resetAndDestroy(): unknown;
};

/** A port that is listened on. */
export type ProxyListener = { readonly address: Address; close(): void };

/** What a proxy listens and dials on. Sockets come paused, and a peer's end is not answered by itself. */
export type ProxyNetwork = {
  /** @throws the system's error, for example with the code `EADDRINUSE` */
  listen(address: Address, accept: (socket: ProxySocket) => void): Promise<ProxyListener>;
  dial(address: Address): ProxySocket;
};

const BACKLOG = 4096;

/** The network of the machine. */
export const systemNetwork: ProxyNetwork = {
  async listen(address, accept) {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept);
    await listenOn(server, address);
    return { address: boundAddress(server), close: () => void server.close() };
  },
  dial: ({ host, port }) =>
    connect({ host: host === "" ? "localhost" : host, port, allowHalfOpen: true, noDelay: true }),
};

async function listenOn(server: Server, { host, port }: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, backlog: BACKLOG, ...(host === "" ? {} : { host }) }, () => {
      server.off("error", reject);
      // What can go wrong from now on is a single accept, for example for want of file descriptors: that dial is lost.
      server.on("error", () => {});
      resolve();
    });
  });
}

function boundAddress(server: Server): Address {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has no port");
  return { host: bound.address, port: bound.port };
}
