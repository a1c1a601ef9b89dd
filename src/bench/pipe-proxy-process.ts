/** The process that is the measure of all proxies: two sockets and Node's own `pipe` in both directions. */
import { connect } from "node:net";

import { listenOnLoopback } from "./loopback-listener.ts";
import { serveParty } from "./party-process.ts";

const upstreamPort = Number(process.argv[2]);

const port = await listenOnLoopback((client) => {
  const upstream = connect({ host: "127.0.0.1", port: upstreamPort, allowHalfOpen: true, noDelay: true });
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
});

serveParty(() => ({ port }));
