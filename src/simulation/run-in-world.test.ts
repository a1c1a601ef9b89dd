import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes, randomFillSync, randomInt, randomUUID } from "node:crypto";
import { setImmediate as immediate, setInterval as ticks, setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { sleep } from "../determinism/waiting.ts";
import { runInWorld } from "./run-in-world.ts";
import type { World } from "./world.ts";

const DRIVERS = ["synchronous", "turns"] as const;

/** Does what code does that takes time and chance for granted, and answers what it saw. */
async function liveALittle(world: World): Promise<readonly unknown[]> {
  const startMs = performance.now();
  const seen: unknown[] = [Date.now(), new Date().toISOString(), Math.random(), randomUUID(), randomInt(1_000)];
  const note = (name: string): void =>
    void seen.push([name, Math.round((performance.now() - startMs) * 1_000) / 1_000]);
  await pause(10.9);
  note("pause");
  await immediate();
  note("immediate");
  await promisify(setTimeout)(5);
  note("promisified");
  let count = 0;
  for await (const _ of ticks(7)) if ((count += 1) === 3) break;
  note("ticks");
  await new Promise<void>((resolve) => AbortSignal.timeout(20).addEventListener("abort", () => resolve()));
  note("signal");
  const timer = setTimeout(() => note("never"), 3);
  const interval = setInterval(() => note("interval"), 4);
  clearTimeout(Number(timer));
  await sleep(world.clock, 9);
  clearInterval(interval);
  queueMicrotask(() => note("microtask"));
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const hourMs = 3_600_000;
  await pause(hourMs);
  note("an hour");
  seen.push(process.hrtime.bigint(), process.hrtime(), process.uptime(), randomBytes(4).toString("hex"));
  seen.push(
    randomFillSync(new Uint16Array(3), 1).join(),
    crypto.getRandomValues(new Uint8Array(2)).join(),
    Math.random(),
  );
  return seen;
}

describe.each(DRIVERS)("a world that is driven %s", (driver) => {
  it("has time, timers and chance of its own, the same for the same seed", async () => {
    const realMs = Date.now();
    const first = await runInWorld({ seed: 1, driver }, liveALittle);
    const second = await runInWorld({ seed: 1, driver }, liveALittle);
    const other = await runInWorld({ seed: 2, driver }, liveALittle);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.filter(Array.isArray).slice(0, -1)).toEqual([
      ["pause", 10],
      ["immediate", 10],
      ["promisified", 15],
      ["ticks", 36],
      ["signal", 56],
      ["interval", 60],
      ["interval", 64],
      ["microtask", 65],
      ["an hour", 3_600_065],
    ]);
    expect(first[1]).toBe("2026-01-01T00:00:00.000Z");
    expect(Date.now() - realMs).toBeLessThan(3_600_000);
  });

  it("steps the wall clock of its guest, and none of the guest's other clocks nor anybody else's", async () => {
    const look = async (): Promise<readonly [dateMs: number, monotonicMs: number, highMs: number]> => {
      const [date, monotonic, high] = [Date.now(), performance.now(), process.hrtime.bigint()];
      await pause(100);
      const highMs = Number(process.hrtime.bigint() - high) / 1e6;
      return [new Date().getTime() - date, performance.now() - monotonic, highMs];
    };
    const [guest, others, hours] = await runInWorld({ seed: 1, driver }, async (world) => {
      const seen: string[] = [];
      const hour = (): void => void seen.push(new Date().toISOString().slice(0, 13), new Date(Date.now()).toJSON());
      const looks = new Promise<Awaited<ReturnType<typeof look>>>((resolve) => {
        world.post("client", () => {
          hour();
          void look().then(resolve);
        });
      });
      await pause(50);
      const own = look();
      world.stepWallClock(-3_600_000);
      world.post("client", hour);
      await pause(1);
      hour();
      return [await looks, await own, seen];
    });
    expect(guest.map((ms) => Math.round(ms))).toEqual([-3_599_900, 100, 100]);
    expect(others.map((ms) => Math.round(ms))).toEqual([100, 100, 100]);
    expect(hours.map((text) => text.slice(11, 13))).toEqual(["00", "00", "23", "23", "00", "00"]);
  });

  it("leaves the machine's time and chance to everybody else", async () => {
    const before = performance.now();
    const [, outside] = await Promise.all([
      runInWorld({ seed: 1, driver }, async () => await pause(86_400_000)),
      (async () => {
        await pause(5);
        return {
          elapsedMs: performance.now() - before,
          year: new Date().getFullYear(),
          isDate: new Date() instanceof Date,
        };
      })(),
    ]);
    expect(outside.elapsedMs).toBeGreaterThan(4);
    expect(outside.elapsedMs).toBeLessThan(3_600_000);
    expect(outside.isDate).toBe(true);
    expect(typeof setTimeout(() => undefined, 0)).toBe("object");
  });

  it("keeps asynchronous contexts over its timers and its sockets", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen = await runInWorld({ seed: 1, driver }, async (world) => {
      const stores: (string | undefined)[] = [];
      const listener = world.network.listenForStreams(0, (socket) => socket.on("data", () => socket.end("bye")));
      await context.run("mine", async () => {
        await pause(3);
        stores.push(context.getStore());
        await new Promise<void>((resolve) => {
          const socket = world.network.dialStream("client", { host: "127.0.0.1", port: listener.port });
          socket.on("data", () => stores.push(context.getStore()));
          socket.on("close", () => resolve());
          socket.write("hi");
        });
        setImmediate(() => stores.push(context.getStore()));
        await pause(1);
      });
      return stores;
    });
    expect(seen).toEqual(["mine", "mine", "mine"]);
  });

  it("hands on what its work rejects with", async () => {
    const work = async (): Promise<never> => {
      await pause(5);
      throw new RangeError("no such thing");
    };
    await expect(runInWorld({ seed: 1, driver }, work)).rejects.toThrow(new RangeError("no such thing"));
  });

  it("says so where its work waits for what never happens", async () => {
    const waiting = runInWorld({ seed: 1, driver }, async () => await new Promise(() => undefined));
    await expect(waiting).rejects.toThrow("waits for something that never happens");
  });

  it("takes the errors that its guest leaves uncaught, and the process around it lives on", async () => {
    const thrown = await runInWorld({ seed: 1, driver }, async (world) => {
      const errors: string[] = [];
      const { ambient } = world;
      world.receive({
        print: (stream, text) => errors.push(`${stream}: ${text}`),
        exited: (code) => errors.push(`exit ${code}`),
        threw: (error) => errors.push(String(error)),
      });
      world.post("client", () => {
        throw new Error("at once");
      });
      world.post("client", () =>
        process.nextTick(() => {
          throw new Error("in a tick");
        }),
      );
      world.post("client", () =>
        queueMicrotask(() => {
          throw new Error("in a microtask");
        }),
      );
      world.post("client", () => void Promise.reject(new Error("rejected")));
      world.post("client", () =>
        setTimeout(() => {
          throw new Error("in a timer");
        }, 5),
      );
      world.post("client", () => process.stdout.write("printed\n"));
      world.post("client", () => process.exit(7));
      await sleep(world.clock, 10);
      expect(ambient.nowMs()).toBeGreaterThan(0);
      return errors;
    });
    expect(thrown).toEqual([
      "Error: at once",
      "Error: in a tick",
      "Error: in a microtask",
      "Error: rejected",
      "stdout: printed\n",
      "exit 7",
      "Error: in a timer",
    ]);
    expect(process.hasUncaughtExceptionCaptureCallback()).toBe(false);
  });

  it("ends with an error of the harness's own that nobody caught", async () => {
    const broken = runInWorld({ seed: 1, driver }, async (world) => {
      world.post("harness", () => {
        throw new Error("a bug of ours");
      });
      await sleep(world.clock, 1_000);
    });
    await expect(broken).rejects.toThrow("a bug of ours");
  });

  it("tells once that time stands still, and gives up where that does not help", async () => {
    let told = 0;
    const again = (): void => void setImmediate(again);
    const spin = (world: World): void => void world.post("client", again);
    const ended = runInWorld({ seed: 1, driver: "synchronous" }, async (world) => {
      world.whenSpinning(() => {
        told += 1;
        world.endGuest();
      });
      spin(world);
      await sleep(world.clock, 1_000);
      return "over";
    });
    expect(await ended).toBe("over");
    expect(told).toBe(1);
    const endless = runInWorld({ seed: 1, driver: "synchronous" }, async (world) => {
      spin(world);
      await sleep(world.clock, 1_000);
    });
    await expect(endless).rejects.toThrow(expect.objectContaining({ code: "HARNESS_SIMULATION_STUCK" }));
  });
});

it("worlds of one process go one after the other", async () => {
  const results = await Promise.all(
    Array.from(
      { length: 8 },
      async (_, seed) =>
        await runInWorld({ seed }, async () => {
          await pause(1_000);
          return Math.random();
        }),
    ),
  );
  const again = await Promise.all(
    Array.from(
      { length: 8 },
      async (_, index) =>
        await runInWorld({ seed: 7 - index }, async () => {
          await pause(1_000);
          return Math.random();
        }),
    ),
  );
  expect(again.toReversed()).toEqual(results);
});
