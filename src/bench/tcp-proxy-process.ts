/** The process of our own proxy, with an interceptor that lets everything through or without one. */
import { type Interceptor, openTcpProxyServer } from "../tcp-proxy/index.ts";
import { serveParty } from "./party-process.ts";

const PASS_ALL: Interceptor = { connected: () => ({ bytes: (_gate, chunk) => ({ pass: chunk }) }) };

const isIntercepted = process.argv[2] === "interceptor";

const { apiUrl } = await openTcpProxyServer({
  port: 0,
  seed: 1,
  ...(isIntercepted ? { interceptor: PASS_ALL } : {}),
});

// The proxy is told what to do over its API from another process, as it is by its users.
serveParty(() => ({ apiUrl }));
