import { createServer } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { createManualClock, settle } from "../determinism/manual-clock.ts";
import { createRandom } from "../determinism/random.ts";
import { HarnessError } from "../errors.ts";
import { clock, dialAddress, listen, openUpstream, type Upstream } from "../tcp-proxy/loopback.test-support.ts";
import { openTcpProxyServer, type TcpProxyServer } from "../tcp-proxy/tcp-proxy-server.ts";
import { type ControlledProxy, createToxiproxyControl } from "./toxiproxy-control.ts";

let server: TcpProxyServer;
let upstream: Upstream;
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function open(): Promise<ControlledProxy> {
  server = await openTcpProxyServer({ port: 0, clock, random: createRandom(1) });
  closers.push(async () => await server.close());
  upstream = await openUpstream();
  closers.push(async () => await upstream.close());
  const control = createToxiproxyControl(server.apiUrl, clock);
  return await control.createProxy({ name: "wire", listen: "127.0.0.1:0", upstream: upstream.address });
}

async function toxics(): Promise<unknown> {
  return await (await fetch(`${server.apiUrl}/proxies/wire/toxics`)).json();
}

async function errorOf(work: Promise<unknown>): Promise<HarnessError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof HarnessError) return error;
  throw new Error(`expected a HarnessError, got ${String(error)}`);
}

const latency = { type: "latency", direction: "to-client", attributes: { latency: 5, jitter: 0 } } as const;

describe("the control of a Toxiproxy", () => {
  it("creates a proxy and tells where it listens", async () => {
    const proxy = await open();
    expect(proxy.listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    const client = await dialAddress(proxy.listen);
    closers.push(() => void client.socket.destroy());
    expect(client.errorCode).toBeUndefined();
  });

  it("adds toxics under names of its own, in Toxiproxy's words for the directions, and takes them away again", async () => {
    const proxy = await open();
    const one = await proxy.addToxic(latency);
    const two = await proxy.addToxic({ ...latency, direction: "to-server" });
    const body = { type: "latency", toxicity: 1, attributes: { latency: 5, jitter: 0 } };
    expect(await toxics()).toEqual([
      { name: "latency-2", stream: "upstream", ...body },
      { name: "latency-1", stream: "downstream", ...body },
    ]);
    await one.undo();
    await two.undo();
    expect(await toxics()).toEqual([]);
  });

  it("removes a proxy, and what listened there is gone", async () => {
    const proxy = await open();
    await proxy.remove();
    expect(await (await fetch(`${server.apiUrl}/proxies`)).json()).toEqual({});
    await expect(fetch(`http://${proxy.listen}`)).rejects.toThrow("fetch failed");
  });

  it.each<[string, (proxy: ControlledProxy) => Promise<unknown>]>([
    ["an unknown toxic", async (proxy) => await proxy.addToxic({ ...latency, type: "nonsense" })],
    [
      "a toxic that was taken away by somebody else",
      async (proxy) => {
        const change = await proxy.addToxic(latency);
        await fetch(`${server.apiUrl}/proxies/wire/toxics/latency-1`, { method: "DELETE" });
        await change.undo();
      },
    ],
    [
      "a proxy whose name is taken",
      async () =>
        await createToxiproxyControl(server.apiUrl, clock).createProxy({
          name: "wire",
          listen: "127.0.0.1:0",
          upstream: "127.0.0.1:1",
        }),
    ],
  ])("refuses %s with the URL and what failed", async (_what, work) => {
    const proxy = await open();
    const error = await errorOf(work(proxy));
    expect(error.code).toBe("HARNESS_BACKEND_UNAVAILABLE");
    expect(error.details).toEqual({ apiUrl: server.apiUrl });
    expect(error.message).toMatch(/^Toxiproxy at http:\/\/127\.0\.0\.1:\d+: .+ failed: .+\. See that it runs/);
  });

  it("says so where nothing listens", async () => {
    const proxy = await open();
    await server.close();
    expect((await errorOf(proxy.addToxic(latency))).message).toContain("adding latency-1 failed: ");
  });

  it("gives up after five seconds on one that never answers, and leaves no timer", async () => {
    const silent = createServer(() => undefined);
    const port = await listen(silent);
    closers.push(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const manual = createManualClock();
    const control = createToxiproxyControl(`http://127.0.0.1:${port}`, manual);
    const creating = errorOf(control.createProxy({ name: "a", listen: "127.0.0.1:0", upstream: "127.0.0.1:1" }));
    await manual.advance(4_999);
    expect(manual.timers()).toBe(1);
    await manual.advance(1);
    expect((await creating).message).toContain("creating proxy a got no answer within 5000 ms");
    await settle();
    expect(manual.timers()).toBe(0);
  });

  it("does not believe a toxic that reads back as another one", async () => {
    const proxyBody = { name: "a", listen: "127.0.0.1:1", upstream: "127.0.0.1:2", enabled: true, toxics: [] };
    const liar = createServer((request, response) => {
      response.setHeader("Content-Type", "application/json");
      const isToxic = request.url?.includes("/toxics") === true;
      response.end(JSON.stringify(isToxic ? { name: "latency-1", type: "timeout", stream: "downstream" } : proxyBody));
    });
    const port = await listen(liar);
    closers.push(() => {
      liar.closeAllConnections();
      liar.close();
    });
    const control = createToxiproxyControl(`http://127.0.0.1:${port}`, clock);
    const proxy = await control.createProxy({ name: "a", listen: "127.0.0.1:0", upstream: "127.0.0.1:2" });
    expect((await errorOf(proxy.addToxic(latency))).message).toContain("latency-1 was read back as timeout");
  });
});
