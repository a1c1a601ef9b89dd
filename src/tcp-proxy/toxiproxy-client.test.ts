import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HarnessError } from "../errors.ts";
import { createRandom } from "../determinism/random.ts";
import {
  clock,
  dialAddress,
  IS_REAL,
  openTestBed,
  openUpstream,
  type TestBed,
  until,
} from "./loopback.test-support.ts";
import { openTcpProxyServer } from "./tcp-proxy-server.ts";

describe("the toxiproxy-node-client, unmodified", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("creates a proxy on any port and is told the real one", () => {
    expect(bed.proxy.toJson()).toStrictEqual({
      name: "wire",
      listen: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
      upstream: bed.upstream.address,
      enabled: true,
    });
  });

  it("reads the version as text", async () => {
    expect(await bed.toxiproxy.getVersion()).toBe('{"version": "2.12.0"}\n');
  });

  it("gets one proxy, gets all, and is refused one that does not exist", async () => {
    expect((await bed.toxiproxy.get("wire")).listen).toBe(bed.proxy.listen);
    expect(Object.keys(await bed.toxiproxy.getAll())).toStrictEqual(["wire"]);
    await expect(bed.toxiproxy.get("none")).rejects.toThrow("404");
  });

  it("populates, and keeps what stands as described", async () => {
    const list = [
      { name: "wire", listen: bed.proxy.listen, upstream: bed.upstream.address },
      { name: "other", listen: "127.0.0.1:0", upstream: bed.upstream.address, enabled: false },
    ];
    const { client, server } = await bed.connect();
    const proxies = await bed.toxiproxy.populate(list);
    expect(Object.keys(proxies)).toStrictEqual(["wire", "other"]);
    expect(proxies["other"]?.enabled).toBe(false);
    client.write("still there");
    await server.hasText("still there");
  });

  it("adds, reads, changes and removes a toxic", async () => {
    const body = { name: "slow", type: "latency", stream: "downstream", toxicity: 0.5 } as const;
    const toxic = await bed.proxy.addToxic({ ...body, attributes: { latency: 10, jitter: 0 } });
    expect(toxic.toJson()).toStrictEqual({ ...body, attributes: { latency: 10, jitter: 0 } });
    expect((await bed.proxy.getToxic("slow")).attributes).toStrictEqual({ latency: 10, jitter: 0 });
    const changed = await toxic.update({ ...body, toxicity: 1, attributes: { latency: 20, jitter: 3 } });
    expect(changed.toJson()).toMatchObject({ toxicity: 1, attributes: { latency: 20, jitter: 3 } });
    await toxic.remove();
    await expect(bed.proxy.getToxic("slow")).rejects.toThrow("404");
  });

  it("disables a proxy: live connections end with FIN, new dials are refused; enabling listens on the same port", async () => {
    const { client, server } = await bed.connect();
    const { listen, upstream } = bed.proxy;
    const disabled = await bed.proxy.update({ enabled: false, listen, upstream });
    expect(disabled.enabled).toBe(false);
    await client.seesEnd();
    await server.seesEnd();
    expect((await dialAddress(listen)).errorCode).toBe("ECONNREFUSED");
    const enabled = await disabled.update({ enabled: true, listen, upstream });
    expect(enabled.toJson()).toMatchObject({ enabled: true, listen });
    await bed.connect();
  });

  it("moves a proxy to another upstream, and ends what is connected to the old one", async () => {
    const { client } = await bed.connect();
    const other = await openUpstream((socket) => socket.write("other"));
    const { listen } = bed.proxy;
    await bed.proxy.update({ enabled: true, listen, upstream: other.address });
    await client.seesEnd();
    const moved = await bed.dial();
    await until("the other upstream's bytes", () => moved.sizeBytes > 0);
    expect(moved.text()).toBe("other");
    await other.close();
  });

  it("resets: every proxy is enabled again and every toxic is gone", async () => {
    await bed.addToxic("latency", { latency: 1 }, { name: "slow" });
    const { listen, upstream } = bed.proxy;
    await bed.proxy.update({ enabled: false, listen, upstream });
    await bed.toxiproxy.reset();
    expect((await bed.toxiproxy.get("wire")).enabled).toBe(true);
    await expect(bed.proxy.getToxic("slow")).rejects.toThrow("404");
  });

  it("removes a proxy", async () => {
    const { client } = await bed.connect();
    await bed.proxy.remove();
    await client.seesEnd();
    expect(await bed.toxiproxy.getAll()).toStrictEqual({});
  });

  it("carries 200 connections at once that echo 64 KiB each, byte for byte", async () => {
    const echo = await openUpstream((socket) => socket.pipe(socket));
    const proxy = await bed.toxiproxy.createProxy({ name: "echo", listen: "127.0.0.1:0", upstream: echo.address });
    const random = createRandom(7);
    const pairs = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const client = await dialAddress(proxy.listen);
        const sent = Buffer.from(random.fork(String(index)).hex(64).repeat(1024));
        client.write(sent.subarray(0, 1000));
        client.write(sent.subarray(1000));
        return { client, sent };
      }),
    );
    expect(await bed.toxiproxy.getVersion()).toContain("2.12.0");
    for (const { client, sent } of pairs) {
      await until("the whole echo", () => client.sizeBytes === sent.length);
      expect(Buffer.concat(client.chunks).equals(sent)).toBe(true);
      client.socket.destroy();
    }
    await echo.close();
  });
});

describe.skipIf(IS_REAL)("openTcpProxyServer", () => {
  it("says HARNESS_PORT_IN_USE when its port is taken", async () => {
    const first = await openTcpProxyServer({ port: 0, clock, random: createRandom(1) });
    const port = Number(new URL(first.apiUrl).port);
    const second = openTcpProxyServer({ port, clock, random: createRandom(1) });
    await expect(second).rejects.toThrow(HarnessError);
    await expect(second).rejects.toMatchObject({ code: "HARNESS_PORT_IN_USE" });
    await first.close();
  });
});
