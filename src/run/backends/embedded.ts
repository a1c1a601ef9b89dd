import { openTcpProxyServer } from "../../tcp-proxy/tcp-proxy-server.ts";
import type { Backend } from "../backend.ts";
import { openProxyWire, PROXY_CAPABILITIES } from "../proxy-wire.ts";
import { createWireTap } from "../tap/wire-tap.ts";
import { createToxiproxyControl } from "../toxiproxy-control.ts";

const HOST = "127.0.0.1";

/** Our own proxy in the harness's process, on loopback: needs no Docker, and can do what Toxiproxy cannot. */
export const embedded: Backend = {
  name: "embedded",
  capabilities: PROXY_CAPABILITIES,
  async open(context) {
    const { clock, random, sessionCount, upstream } = context;
    const tap = createWireTap(context);
    const server = await openTcpProxyServer({ host: HOST, port: 0, clock, random, interceptor: tap.interceptor });
    try {
      const control = createToxiproxyControl(server.apiUrl, clock);
      const sessions = Array.from({ length: sessionCount }, (_, session) => session);
      const wires = await Promise.all(
        sessions.map(async (session) => {
          const proxy = await control.createProxy({
            name: tap.proxyName(session),
            listen: `${HOST}:0`,
            upstream: `${upstream.host}:${upstream.port}`,
          });
          return openProxyWire(session, proxy, tap.session(session));
        }),
      );
      return { wires, close: async () => await server.close() };
    } catch (error) {
      await server.close();
      throw error;
    }
  },
};
