import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../determinism/random.ts";
import type { Clock, Timer } from "../determinism/clock.ts";
import type { Interceptor } from "./interceptor.ts";
import { clock, IS_REAL, openTestBed, until, type TestBed } from "./loopback.test-support.ts";
import { TOXIC_TYPES } from "./toxic-registry.ts";

describe("the toxics of a proxy", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it.skipIf(IS_REAL)("are those of Toxiproxy 2.12 and ours", () => {
    expect([...TOXIC_TYPES.keys()].toSorted()).toStrictEqual([
      "bandwidth",
      "cutwire_corrupt",
      "cutwire_fin",
      "cutwire_rst",
      "cutwire_stall",
      "latency",
      "limit_data",
      "noop",
      "reset_peer",
      "slicer",
      "slow_close",
      "timeout",
    ]);
  });

  it.skipIf(IS_REAL)(
    "apply to about the share of connections that toxicity says, the same ones for the same seed",
    async () => {
      const struck: boolean[][] = [];
      for (let run = 0; run < 2; run += 1) {
        const seeded = await openTestBed({ random: createRandom(11) });
        await seeded.addToxic("limit_data", { bytes: 1 }, { stream: "upstream", toxicity: 0.4 });
        const hits: boolean[] = [];
        for (let index = 0; index < 30; index += 1) {
          const { client, server } = await seeded.connect();
          client.socket.end("ab");
          await server.seesEnd();
          hits.push(server.text() === "a");
        }
        struck.push(hits);
        await seeded.close();
      }
      expect(struck[0]).toStrictEqual(struck[1]);
      const count = struck[0]?.filter(Boolean).length ?? 0;
      expect(count).toBeGreaterThan(5);
      expect(count).toBeLessThan(20);
    },
  );

  it("roll the dice again when their toxicity is changed", async () => {
    const { client, server } = await bed.connect();
    const body = {
      name: "slow",
      type: "latency",
      stream: "upstream",
      attributes: { latency: 60_000, jitter: 0 },
    } as const;
    const toxic = await bed.proxy.addToxic({ ...body, toxicity: 1 });
    client.write("held");
    await toxic.update({ ...body, toxicity: 0 });
    await server.hasText("held");
    client.write(", free");
    await server.hasText("held, free");
    expect(server.text()).toBe("held, free");
  });

  it("act one behind the other in the order in which they were added, and can be taken out of the middle", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("slicer", { average_size: 1, size_variation: 0, delay: 0 }, { stream: "upstream", name: "cut" });
    const stall = await bed.addToxic("bandwidth", { rate: 0 }, { stream: "upstream", name: "stall" });
    await bed.addToxic("limit_data", { bytes: 3 }, { stream: "upstream", name: "limit" });
    client.write("abcdef");
    await stall.remove();
    await server.seesEnd();
    expect(server.text()).toBe("abc");
  });

  it("may come and go under load without losing, adding or reordering a byte", async () => {
    const { client, server } = await bed.connect();
    const bytes = Buffer.alloc(8 * 1024 * 1024);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(at, at);
    client.socket.end(bytes);
    const kinds: [string, Record<string, number>][] = [
      ["latency", { latency: 5, jitter: 5 }],
      ["bandwidth", { rate: 50_000 }],
      ["slicer", { average_size: 5000, size_variation: 100, delay: 10 }],
      ["noop", {}],
      ["cutwire_stall", {}],
      ["slow_close", { delay: 1 }],
    ];
    if (IS_REAL) kinds.splice(4, 1);
    const startedAtMs = clock.nowMs();
    for (let round = 0; round < 8 && clock.nowMs() - startedAtMs < 4000; round += 1) {
      const added = [];
      for (const [type, attributes] of kinds) added.push(await bed.addToxic(type, attributes, { stream: "upstream" }));
      await added[1]?.update({ rate: 100_000 });
      for (const toxic of round % 2 === 0 ? added : added.toReversed()) await toxic.remove();
    }
    await server.seesEnd();
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true);
  });

  it.skipIf(IS_REAL)("leave no timer behind when connections end or the server is closed", async () => {
    const open = new Set<Timer>();
    const counting: Clock = {
      ...clock,
      startTimer(delayMs, callback) {
        const timer = clock.startTimer(delayMs, () => {
          open.delete(handle);
          callback();
        });
        const handle: Timer = {
          cancel() {
            open.delete(handle);
            timer.cancel();
          },
        };
        open.add(handle);
        return handle;
      },
    };
    const interceptor: Interceptor = {
      connected: () => ({ bytes: ({ edge }, pass) => (edge === "out" ? { pass, held: Buffer.alloc(0) } : { pass }) }),
    };
    const counted = await openTestBed({ clock: counting, interceptor });
    await counted.addToxic("latency", { latency: 60_000 });
    await counted.addToxic("timeout", { timeout: 60_000 }, { name: "silence" });
    await counted.addToxic("bandwidth", { rate: 1 }, { stream: "upstream" });
    const vanishing = await counted.connect();
    const staying = await counted.connect();
    for (const { client, server } of [vanishing, staying]) {
      server.write("x".repeat(1000));
      client.write("y".repeat(1000));
    }
    await until("timers", () => open.size >= 4);
    vanishing.client.socket.resetAndDestroy();
    vanishing.server.socket.resetAndDestroy();
    await until("half of them to be gone", () => open.size <= 3);
    await counted.server.close();
    await until("all of them to be gone", () => open.size === 0);
    expect(open.size).toBe(0);
    await counted.close();
  });

  it.skipIf(IS_REAL)(
    "take out-of-range attributes of Toxiproxy's own kinds as the nearest thing that can be done",
    async () => {
      const most = 2 ** 53;
      for (const type of [
        "latency",
        "slow_close",
        "timeout",
        "reset_peer",
        "bandwidth",
        "limit_data",
        "slicer",
        "noop",
      ]) {
        const names = TOXIC_TYPES.get(type)?.attributes.map(({ name }) => name) ?? [];
        for (const value of [-most, -1, 0, most]) {
          const toxic = await bed.addToxic(type, Object.fromEntries(names.map((name) => [name, value])));
          const { client, server } = await bed.connect();
          server.write("x");
          client.write("y");
          await bed.toxiproxy.getVersion();
          await toxic.remove();
          client.socket.destroy();
        }
      }
      const { client, server } = await bed.connect();
      client.write("alive");
      await server.hasText("alive");
      expect((await bed.toxiproxy.get("wire")).enabled).toBe(true);
    },
  );
});
