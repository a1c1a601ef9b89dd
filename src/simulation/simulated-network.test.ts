import { describe, expect, it } from "vitest";

import { sleep } from "../determinism/waiting.ts";
import { runInWorld } from "./run-in-world.ts";
import type { PortSocket } from "./port-socket.ts";
import type { SimulatedSocket } from "./simulated-socket.ts";
import { WINDOW_SIZE_BYTES } from "./tcp-end.ts";
import type { World } from "./world.ts";

/** What a socket went through, in order: `"connect"`, `"data 5"`, `"end"`, `"error ECONNRESET"`, `"close"`. */
function watch(socket: SimulatedSocket | PortSocket): string[] {
  const seen: string[] = [];
  for (const event of ["connect", "end", "finish", "close", "drain"]) socket.on(event, () => seen.push(event));
  socket.on("error", (error: NodeJS.ErrnoException) => seen.push(`error ${error.code ?? error.message}`));
  return seen;
}

function collect(socket: SimulatedSocket | PortSocket): { text(): string; chunks: Buffer[] } {
  const chunks: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => chunks.push(bytes));
  socket.resume();
  return { chunks, text: () => Buffer.concat(chunks).toString() };
}

type Pair = { readonly client: SimulatedSocket; readonly server: PortSocket };

/** Runs something with a socket as code under test has it, and the proxy's socket at the other end. */
async function withPair<Result>(
  act: (pair: Pair & { readonly world: World }) => Promise<Result>,
  seed = 1,
): Promise<Result> {
  return await runInWorld({ seed }, async (world) => {
    const accepted = new Promise<PortSocket>((resolve) => world.network.listenForPorts(40_999, resolve));
    const client = world.network.dialStream("client", { host: "127.0.0.1", port: 40_999 });
    const connected = new Promise<void>((resolve) => client.once("connect", resolve));
    const server = await accepted;
    await connected;
    return await act({ world, client, server });
  });
}

const bytes = (size: number): Buffer => Buffer.alloc(size, "x");

describe("a simulated connection", () => {
  it("brings every byte in order, in whatever pieces", async () => {
    const pieces = await withPair(async ({ world, client, server }) => {
      const got = collect(server);
      const said = Array.from({ length: 200 }, (_, index) => `piece-${index};`);
      for (const piece of said) {
        client.write(piece);
        if (piece.endsWith("7;")) await sleep(world.clock, 1);
      }
      await sleep(world.clock, 10);
      expect(got.text()).toBe(said.join(""));
      return got.chunks.map(({ length }) => length);
    });
    const whole = "piece-100;".length;
    expect(
      pieces.some((size) => size > whole),
      "some are joined",
    ).toBe(true);
    expect(
      pieces.some((size) => size < "piece-0;".length),
      "some are split",
    ).toBe(true);
  });

  it("is cut into the same pieces for the same seed", async () => {
    const sizes = async (seed: number): Promise<string> =>
      await withPair(async ({ world, client, server }) => {
        const got = collect(client);
        for (let index = 0; index < 50; index += 1) server.write(bytes(100));
        await sleep(world.clock, 10);
        return got.chunks.map(({ length }) => length).join();
      }, seed);
    expect(await sizes(3)).toBe(await sizes(3));
    expect(await sizes(4)).not.toBe(await sizes(3));
  });

  it("ends by halves: what the other side still says arrives, where it does not answer the end", async () => {
    await withPair(async ({ world, client, server }) => {
      const [atClient, atServer] = [watch(client), watch(server)];
      const got = collect(client);
      collect(server);
      client.write("last words");
      await sleep(world.clock, 1);
      server.end();
      await sleep(world.clock, 1);
      // As of net.connect: the end of one side is answered with the end of the other.
      expect(atClient).toEqual(["end", "finish", "close"]);
      expect(atServer).toEqual(["finish", "end", "close"]);
      expect(got.text()).toBe("");
    });
    await withPair(async ({ world, client, server }) => {
      const atServer = watch(server);
      collect(server);
      const got = collect(client);
      client.end("question");
      await sleep(world.clock, 1);
      expect(atServer).toEqual(["end"]);
      server.write("answer");
      await sleep(world.clock, 1);
      expect(got.text()).toBe("answer");
      expect(client.writableFinished).toBe(true);
      server.end();
      await sleep(world.clock, 1);
      expect(atServer).toEqual(["end", "finish", "close"]);
      expect(client.destroyed).toBe(true);
    });
  });

  it("is reset behind what was sent before, and what lies unread is lost", async () => {
    await withPair(async ({ world, client, server }) => {
      const seen = watch(client);
      const got = collect(client);
      server.write("before");
      server.resetAndDestroy();
      await sleep(world.clock, 1);
      expect(got.text()).toBe("before");
      expect(seen).toEqual(["error ECONNRESET", "close"]);
    });
    await withPair(async ({ world, client, server }) => {
      const seen = watch(server);
      client.write("never read");
      await sleep(world.clock, 1);
      client.resetAndDestroy();
      await sleep(world.clock, 1);
      expect(seen, "who does not read does not notice").toEqual([]);
      const got = collect(server);
      await sleep(world.clock, 1);
      expect([got.text(), seen]).toEqual(["", ["error ECONNRESET", "close"]]);
    });
  });

  it("answers with a reset to what is sent to a socket that is gone, and to a close over unread bytes", async () => {
    await withPair(async ({ world, client, server }) => {
      const seen = watch(server);
      collect(server);
      client.destroy();
      await sleep(world.clock, 1);
      expect(seen).toEqual(["end"]);
      server.write("is anybody there?");
      await sleep(world.clock, 1);
      expect(seen).toEqual(["end", "error ECONNRESET", "close"]);
    });
    await withPair(async ({ world, client, server }) => {
      const seen = watch(client);
      collect(client);
      client.write("unread");
      await sleep(world.clock, 1);
      server.destroy();
      await sleep(world.clock, 1);
      expect(seen).toEqual(["error ECONNRESET", "close"]);
    });
  });

  it("slows its writer down where nobody reads, and loses nothing", async () => {
    await withPair(async ({ world, client, server }) => {
      const seen = watch(server);
      let written = 0;
      while (server.write(bytes(64 * 1024))) written += 64 * 1024;
      // A stream that nobody reads still reads ahead by its own buffer.
      for (let more = 0; more < 4; more += 1) server.write(bytes(64 * 1024));
      written += 5 * 64 * 1024;
      await sleep(world.clock, 5);
      expect(written).toBeGreaterThanOrEqual(WINDOW_SIZE_BYTES);
      expect(seen).not.toContain("drain");
      const got = collect(client);
      await sleep(world.clock, 100);
      expect(seen).toContain("drain");
      expect(got.chunks.reduce((sum, { length }) => sum + length, 0)).toBe(written);
    });
    await withPair(async ({ world, client, server }) => {
      let isTaken = false;
      client.write(bytes(WINDOW_SIZE_BYTES + 64 * 1024), () => (isTaken = true));
      await sleep(world.clock, 5);
      expect(isTaken).toBe(false);
      const got = collect(server);
      await sleep(world.clock, 100);
      expect(isTaken).toBe(true);
      expect(got.chunks.reduce((sum, { length }) => sum + length, 0)).toBe(WINDOW_SIZE_BYTES + 64 * 1024);
    });
  });
});

describe("a simulated dial", () => {
  it("is refused where nobody listens, with Node's words", async () => {
    await runInWorld({ seed: 1 }, async (world) => {
      const socket = world.network.dialStream("client", { host: "127.0.0.1", port: 41_000 });
      const failed = new Promise<Error>((resolve) => socket.on("error", resolve));
      expect(socket.connecting).toBe(true);
      expect(await failed).toMatchObject({
        code: "ECONNREFUSED",
        syscall: "connect",
        message: "connect ECONNREFUSED 127.0.0.1:41000",
      });
      const port = world.network.dialPort({ host: "127.0.0.1", port: 41_000 });
      const seen = watch(port);
      await sleep(world.clock, 1);
      expect(seen).toEqual(["error ECONNREFUSED", "close"]);
    });
  });

  it("that is given up before it arrives is one that nobody sees", async () => {
    await runInWorld({ seed: 1 }, async (world) => {
      let accepted = 0;
      world.network.listenForStreams(41_000, () => (accepted += 1));
      const seen = watch(world.network.dialStream("client", { host: "localhost", port: 41_000 }).destroy());
      await sleep(world.clock, 10);
      expect([accepted, seen, world.network.openEnds()]).toEqual([0, ["close"], 0]);
    });
  });

  /** Dials a port that ignores dials until so many ms have passed; answers what the socket went through, and when. */
  async function dialInto(ignoredMs: number, givenUpMs?: number): Promise<{ seen: string[]; told: number }> {
    return await runInWorld({ seed: 1 }, async (world) => {
      const { clock, network } = world;
      const startMs = clock.nowMs();
      let told = 0;
      const seen: string[] = [];
      const note = (what: string): void => void seen.push(`${what} ${Math.round(clock.nowMs() - startMs)}`);
      network.listenForStreams(41_000, () => note("accepted"));
      const ignored = network.ignoreDials(41_000, () => (told += 1));
      const socket = network.dialStream("client", { host: "127.0.0.1", port: 41_000 });
      socket.on("connect", () => note("connect"));
      socket.on("error", (error: NodeJS.ErrnoException) => note(error.message));
      socket.on("close", () => note("close"));
      if (givenUpMs !== undefined) void sleep(clock, givenUpMs).then(() => socket.destroy());
      await sleep(clock, ignoredMs);
      ignored.undo();
      await sleep(clock, 200_000);
      return { seen: [...seen], told };
    });
  }

  it.each([
    [10, 1_000],
    [999, 1_000],
    [1_001, 3_000],
    [5_000, 7_000],
    [31_001, 63_000],
    [62_999, 63_000],
  ])(
    "that is ignored for %i ms is answered when its SYN comes again, %i ms behind the first",
    async (ignoredMs, atMs) => {
      expect(await dialInto(ignoredMs)).toEqual({ seen: [`accepted ${atMs}`, `connect ${atMs}`], told: 1 });
    },
  );

  it("that is ignored for longer times out after 127 s, with Node's words, and is told of once", async () => {
    expect(await dialInto(64_000)).toEqual({
      seen: ["connect ETIMEDOUT 127.0.0.1:41000 127000", "close 127000"],
      told: 1,
    });
  });

  it("that is ignored and given up is answered by nobody when others are again", async () => {
    expect(await dialInto(500, 400)).toEqual({ seen: ["close 400"], told: 1 });
  });

  it("is refused at once again where the port is closed and nobody ignores it any more", async () => {
    await runInWorld({ seed: 1 }, async ({ clock, network }) => {
      const ignored = network.ignoreDials(41_000, () => undefined);
      const seen = watch(network.dialPort({ host: "127.0.0.1", port: 41_000 }));
      await sleep(clock, 900);
      expect(seen).toEqual([]);
      ignored.undo();
      await sleep(clock, 200);
      expect(seen).toEqual(["error ECONNREFUSED", "close"]);
    });
  });

  it("may be written to before it is connected", async () => {
    await runInWorld({ seed: 1 }, async (world) => {
      const asked = new Promise<string>((resolve) => {
        world.network.listenForStreams(41_000, (socket) => socket.on("data", (data) => resolve(String(data))));
      });
      const socket = world.network.dialStream("client", { host: "127.0.0.1", port: 41_000 });
      socket.write("early");
      expect(await asked).toBe("early");
      expect(() => world.network.listenForPorts(41_000, () => undefined)).toThrow("EADDRINUSE");
    });
  });

  it("tells a timeout of silence, and none while bytes come", async () => {
    await withPair(async ({ world, client, server }) => {
      let timeouts = 0;
      client.setTimeout(50, () => (timeouts += 1));
      for (let round = 0; round < 5; round += 1) {
        server.write("tick");
        await sleep(world.clock, 40);
      }
      expect(timeouts).toBe(0);
      await sleep(world.clock, 60);
      expect(timeouts).toBe(1);
      client.destroy();
    });
  });
});
