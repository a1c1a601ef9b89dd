import { clock } from "../tcp-proxy/loopback.test-support.ts";
import { openTcpProxyServer } from "../tcp-proxy/tcp-proxy-server.ts";
import { type Backend, TOXIPROXY_CAPABILITIES } from "./backend.ts";
import { openTapServer } from "./relay/tap-server.ts";
import { openToxiproxyWires, refusalOfToxiproxy } from "./toxiproxy-wires.ts";

/** The API of a real Toxiproxy on this host that tests are to go through; ours stands in for it where absent. */
export const REAL_TOXIPROXY_URL: string | undefined = process.env["CUTWIRE_TOXIPROXY_URL"];

let runs = 0;

/**
 * A backend that goes through a Toxiproxy with a tap behind it, all of it on this host: the real one that
 * `CUTWIRE_TOXIPROXY_URL` names, or else our own proxy, which speaks the same API.
 */
export const throughToxiproxy: Backend = {
  name: "toxiproxy",
  capabilities: TOXIPROXY_CAPABILITIES,
  refusal: (scheduled) => refusalOfToxiproxy(scheduled, true),
  async open(context) {
    const { sessionCount, upstream } = context;
    const ours = REAL_TOXIPROXY_URL === undefined ? await openTcpProxyServer({ port: 0, clock, seed: 1 }) : undefined;
    const tap = await openTapServer({
      listen: Array.from({ length: sessionCount }, () => "127.0.0.1:0"),
      upstream: `${upstream.host}:${upstream.port}`,
      control: { host: "127.0.0.1", port: 0 },
      clock,
    });
    runs += 1;
    const opened = await openToxiproxyWires(context, {
      apiUrl: ours?.apiUrl ?? REAL_TOXIPROXY_URL ?? "",
      tapUrl: tap.controlUrl,
      slots: tap.listen.map((listen, slot) => ({
        name: `bed-${process.pid}-${runs}-${slot}`,
        listen: "127.0.0.1:0",
        upstream: listen,
        tapSlot: slot,
      })),
    });
    return {
      wires: opened.wires,
      async close() {
        await opened.close();
        await tap.close();
        await ours?.close();
      },
    };
  },
};
