import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { sleep } from "../determinism/waiting.ts";
import {
  clock,
  dialAddress,
  IS_REAL,
  openTestBed,
  openUpstream,
  until,
  type TestBed,
} from "./loopback.test-support.ts";

describe("a proxy without toxics", () => {
  let bed: TestBed;
  afterEach(async () => {
    await bed.close();
  });

  it("does not keep half-close: a client that ends is closed whole, and late bytes are lost", async () => {
    bed = await openTestBed();
    const { client, server } = await bed.connect();
    client.socket.end("question");
    await client.seesEnd();
    await server.hasText("question");
    await server.seesEnd();
    server.write("late answer");
    await sleep(clock, 30);
    expect(client.text()).toBe("");
  });

  it("does not keep half-close of the server either", async () => {
    bed = await openTestBed();
    const { client, server } = await bed.connect();
    server.socket.end();
    await client.seesEnd();
    await server.seesEnd();
    client.write("late");
    await sleep(clock, 30);
    expect(server.text()).toBe("");
  });

  it.skipIf(IS_REAL)("keeps half-close when it is asked to, both ways", async () => {
    bed = await openTestBed({ keepsHalfClose: true });
    const asking = await bed.connect();
    asking.client.socket.end("question");
    await asking.server.seesEnd();
    expect(asking.client.hasEnded).toBe(false);
    asking.server.socket.end("answer");
    await asking.client.seesEnd();
    expect([asking.server.text(), asking.client.text()]).toStrictEqual(["question", "answer"]);
    await until("the close of both", () => asking.client.isClosed && asking.server.isClosed);
  });

  it.skipIf(IS_REAL)("where half-close is kept, a toxic still ends the connection whole", async () => {
    bed = await openTestBed({ keepsHalfClose: true });
    await bed.addToxic("limit_data", { bytes: 1 }, { stream: "upstream" });
    const { client, server } = await bed.connect();
    client.write("ab");
    await Promise.all([server.seesEnd(), client.seesEnd()]);
    expect(server.text()).toBe("a");
  });

  it.skipIf(IS_REAL)("where half-close is kept, a reset still ends the other side whole", async () => {
    bed = await openTestBed({ keepsHalfClose: true });
    const { client, server } = await bed.connect();
    client.socket.resetAndDestroy();
    await server.seesEnd();
    server.socket.end();
    await until("the close", () => server.isClosed);
    expect(server.errorCode).toBeUndefined();
  });

  it.skipIf(IS_REAL)(
    "where half-close is kept, a side that half-closed and then vanished is not answered for ever",
    async () => {
      bed = await openTestBed({ keepsHalfClose: true });
      const { client, server } = await bed.connect();
      client.socket.end("question");
      await server.seesEnd();
      client.socket.resetAndDestroy();
      await until("the proxy to have gone", () => {
        server.write("answer");
        return server.errorCode !== undefined;
      });
      expect(["EPIPE", "ECONNRESET"]).toContain(server.errorCode);
    },
  );

  it("shows a reset of either side to the other as a FIN", async () => {
    bed = await openTestBed();
    const first = await bed.connect();
    first.client.socket.resetAndDestroy();
    await first.server.seesEnd();
    const second = await bed.connect();
    second.server.socket.resetAndDestroy();
    await second.client.seesEnd();
    expect([first.server.errorCode, second.client.errorCode]).toStrictEqual([undefined, undefined]);
  });

  it("accepts and then ends a client whose upstream refuses or cannot be read", async () => {
    bed = await openTestBed();
    await bed.upstream.close();
    const refused = await bed.dial();
    refused.write("unread bytes must not make it an RST");
    await refused.seesEnd();
    const proxy = await bed.toxiproxy.createProxy({ name: "odd", listen: "127.0.0.1:0", upstream: "no port" });
    expect(proxy.upstream).toBe("no port");
    const odd = await dialAddress(proxy.listen);
    await odd.seesEnd();
    odd.socket.destroy();
  });

  it("hands backpressure on to the writer, and then all the bytes", async () => {
    bed = await openTestBed();
    const { client, server } = await bed.connect();
    client.socket.pause();
    const bytes = Buffer.alloc(64 * 1024 * 1024, "0123456789abcdef0");
    server.socket.end(bytes);
    await sleep(clock, 200);
    expect(server.socket.writableLength).toBeGreaterThan(0);
    client.socket.resume();
    await client.seesEnd();
    expect(Buffer.concat(client.chunks).equals(bytes)).toBe(true);
  });

  it.skipIf(IS_REAL)(
    "opens and drops 10 000 connections without keeping any of them",
    async () => {
      bed = await openTestBed();
      const counting = await openUpstream((socket) => socket.on("data", () => socket.end()));
      const proxy = await bed.toxiproxy.createProxy({
        name: "many",
        listen: "127.0.0.1:0",
        upstream: counting.address,
      });

      const dropServers = (): void => {
        for (const { socket } of counting.sockets.splice(0)) socket.destroy();
      };
      const before = heapBytes();
      for (let round = 0; round < 100; round += 1) {
        const clients = await Promise.all(Array.from({ length: 100 }, async () => await dialAddress(proxy.listen)));
        for (const [index, { socket }] of clients.entries()) {
          if (index % 2 === 0) socket.destroy();
          else socket.resetAndDestroy();
        }
        dropServers();
      }
      const { client } = await bed.connect();
      client.socket.destroy();
      await until("all sockets to be gone", () => {
        dropServers();
        return openSockets() <= 20;
      });
      expect(heapBytes() - before).toBeLessThan(10 * 1024 * 1024);
      await counting.close();
    },
    120_000,
  );
});

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith("TCPSocket")).length;
}

/** The bytes of live objects: what is garbage is collected first. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
  return process.memoryUsage().heapUsed;
}
