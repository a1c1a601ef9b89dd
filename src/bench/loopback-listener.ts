import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** Enough for a thousand dials at once. */
const BACKLOG = 4096;

/** Listens on any port of loopback, as the parties beside our own proxy do, and answers the port. */
export async function listenOnLoopback(accept: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.listen({ port: 0, host: "127.0.0.1", backlog: BACKLOG });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
