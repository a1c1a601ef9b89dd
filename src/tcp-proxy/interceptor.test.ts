import { afterEach, describe, expect, it } from "vitest";
import { sleep } from "../determinism/waiting.ts";
import type { ConnectionInterceptor, Gate, GateAnswer, InterceptedConnection, Interceptor } from "./interceptor.ts";
import { clock, openTestBed, until, type TestBed } from "./loopback.test-support.ts";
import type { TcpProxyServerOptions } from "./tcp-proxy-server.ts";

const NOTHING = Buffer.alloc(0);
const PASS = (_gate: Gate, chunk: Buffer): GateAnswer => ({ pass: chunk });
const TO_SERVER_IN: Gate = { direction: "to-server", edge: "in" };
const TO_CLIENT_OUT: Gate = { direction: "to-client", edge: "out" };

/** What an interceptor saw of one connection, as lines. */
type Spied = { readonly connection: InterceptedConnection; readonly lines: string[] };

describe("the interceptor", () => {
  let bed: TestBed;
  const spied: Spied[] = [];
  afterEach(async () => {
    spied.length = 0;
    await bed.close();
  });

  /** Opens a bed whose interceptor writes down what it is told and does what `callbacks` say. */
  async function open(
    callbacks: (connection: InterceptedConnection, lines: string[]) => Partial<ConnectionInterceptor>,
    options: Partial<TcpProxyServerOptions> = {},
  ): Promise<void> {
    const interceptor: Interceptor = {
      connected(connection) {
        const lines: string[] = [];
        spied.push({ connection, lines });
        return {
          bytes: PASS,
          written: (direction, total) => lines.push(`written ${direction} ${total}`),
          ended: ({ direction, edge }) => lines.push(`ended ${direction} ${edge}`),
          reset: (side, by) => lines.push(`reset ${side} by ${by}`),
          upstreamFailed: (code) => lines.push(`upstream failed ${code}`),
          holdExpired: ({ direction, edge }) => lines.push(`hold expired ${direction} ${edge}`),
          closed: () => lines.push("closed"),
          ...callbacks(connection, lines),
        };
      },
    };
    bed = await openTestBed({ interceptor, ...options });
  }

  function first(): Spied {
    const found = spied[0];
    if (found === undefined) throw new Error("nothing was spied");
    return found;
  }

  /** Holds what follows the `stopAfter`-th byte that comes to a gate, once. */
  function holdAfter(stopAfter: number, where: Gate): (gate: Gate, chunk: Buffer) => GateAnswer {
    let seenBytes = 0;
    let hasHeld = false;
    return (gate, chunk) => {
      if (gate.direction !== where.direction || gate.edge !== where.edge || hasHeld) return { pass: chunk };
      seenBytes += chunk.length;
      if (seenBytes < stopAfter) return { pass: chunk };
      hasHeld = true;
      const at = chunk.length - (seenBytes - stopAfter);
      return { pass: chunk.subarray(0, at), held: chunk.subarray(at) };
    };
  }

  it("sees every chunk at both gates of both directions, with proxy name and index", async () => {
    const seen: string[] = [];
    await open(() => ({
      bytes(gate, chunk) {
        seen.push(`${gate.direction} ${gate.edge} ${chunk.toString()}`);
        return { pass: chunk };
      },
    }));
    await bed.connect();
    const { client, server } = await bed.connect();
    client.write("ping");
    await server.hasText("ping");
    server.write("pong");
    await client.hasText("pong");
    expect(seen).toStrictEqual(["to-server in ping", "to-server out ping", "to-client in pong", "to-client out pong"]);
    expect(spied.map(({ connection }) => [connection.proxyName, connection.index])).toStrictEqual([
      ["wire", 0],
      ["wire", 1],
    ]);
  });

  it("may pass other bytes than came", async () => {
    await open(() => ({ bytes: (_gate, chunk) => ({ pass: Buffer.from(chunk.toString().toUpperCase()) }) }));
    const { client, server } = await bed.connect();
    client.write("loud");
    await server.hasText("LOUD");
    expect(server.text()).toBe("LOUD");
  });

  it.each(["in", "out"] as const)(
    "splits a chunk at a byte at the edge %s and holds the rest until release",
    async (edge) => {
      const where: Gate = { direction: "to-client", edge };
      await open(() => ({ bytes: holdAfter(3, where) }));
      const { client, server } = await bed.connect();
      server.write("abcdef");
      await client.hasText("abc");
      server.socket.end("ghi");
      await sleep(clock, 30);
      expect([client.text(), client.hasEnded]).toStrictEqual(["abc", false]);
      first().connection.release(where);
      await client.hasText("abcdefghi");
      await client.seesEnd();
    },
  );

  it("closes the gate behind a whole chunk when held is empty", async () => {
    await open(() => ({ bytes: holdAfter(3, TO_CLIENT_OUT) }));
    const { client, server } = await bed.connect();
    server.write("abc");
    await client.hasText("abc");
    server.write("def");
    await sleep(clock, 30);
    expect(client.text()).toBe("abc");
    first().connection.release(TO_CLIENT_OUT);
    await client.hasText("abcdef");
  });

  it("asks again about what was held, so one release after another lets frame after frame pass", async () => {
    await open(() => ({
      bytes: (gate, chunk) =>
        gate.edge === "in" || chunk.length <= 1
          ? { pass: chunk, ...(gate.edge === "in" ? {} : { held: NOTHING }) }
          : { pass: chunk.subarray(0, 1), held: chunk.subarray(1) },
    }));
    const { client, server } = await bed.connect();
    server.write("abc");
    for (const text of ["a", "ab", "abc"]) {
      await client.hasText(text);
      first().connection.release(TO_CLIENT_OUT);
    }
    expect(client.text()).toBe("abc");
  });

  it("keeps the order when it releases a gate from inside the other one", async () => {
    await open((connection) => {
      const hold = holdAfter(2, TO_SERVER_IN);
      return {
        bytes(gate, chunk) {
          if (gate.edge === "out") connection.release(TO_SERVER_IN);
          return hold(gate, chunk);
        },
      };
    });
    const { client, server } = await bed.connect();
    client.write("abcd");
    await server.hasText("abcd");
    expect(server.text()).toBe("abcd");
  });

  it("slows the sender down while a gate is closed, and loses nothing", async () => {
    await open(() => ({ bytes: holdAfter(0, TO_SERVER_IN) }));
    const { client, server } = await bed.connect();
    const bytes = Buffer.alloc(32 * 1024 * 1024, "0123456789");
    client.socket.end(bytes);
    await sleep(clock, 100);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    first().connection.release(TO_SERVER_IN);
    await server.seesEnd();
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true);
  });

  it("releases a gate by itself at the hold deadline, and says so", async () => {
    await open(() => ({ bytes: holdAfter(1, TO_CLIENT_OUT) }), { holdDeadlineMs: 40 });
    const { client, server } = await bed.connect();
    server.write("abc");
    await client.hasText("abc");
    expect(first().lines.filter((line) => line.startsWith("hold"))).toStrictEqual(["hold expired to-client out"]);
  });

  it("discards what waits and what comes later; a FIN still goes through", async () => {
    await open(() => ({ bytes: holdAfter(1, TO_CLIENT_OUT) }));
    const { client, server } = await bed.connect();
    server.write("abc");
    await client.hasText("a");
    first().connection.discard(TO_CLIENT_OUT);
    server.socket.end("def");
    await client.seesEnd();
    expect(client.text()).toBe("a");
  });

  it("injects behind everything passed so far, past the gate and the toxics, and counts it as written", async () => {
    await open(() => ({ bytes: holdAfter(1, TO_CLIENT_OUT) }));
    const { client, server } = await bed.connect();
    await bed.addToxic("cutwire_stall", {});
    first().connection.inject("to-client", Buffer.from("12"));
    server.write("never seen");
    await client.hasText("12");
    await until("the write callback", () => first().lines.includes("written to-client 2"));
    expect(first().lines).toStrictEqual(["written to-client 2"]);
  });

  it("answers a client itself: nothing is dialled, the request comes to the gate, the answer is injected", async () => {
    const request: string[] = [];
    await open((connection) => ({
      accepted: async () => {
        await sleep(clock, 20);
        return "answer" as const;
      },
      bytes(gate, chunk) {
        request.push(`${gate.edge} ${chunk.toString()}`);
        connection.inject("to-client", Buffer.from("no"));
        connection.end("client");
        return { pass: chunk };
      },
    }));
    const client = await bed.dial();
    client.write("may I?");
    await client.hasText("no");
    await client.seesEnd();
    client.socket.end();
    await until("the end of the connection", () => first().lines.includes("closed"));
    expect(request).toStrictEqual(["in may I?"]);
    expect(bed.upstream.sockets).toHaveLength(0);
    expect(first().lines).toStrictEqual(["written to-client 2", "ended to-client out", "ended to-server in", "closed"]);
  });

  it("can answer before it was asked to the end, and can reset a dial", async () => {
    await open((connection) => ({
      accepted() {
        if (connection.index === 0) connection.inject("to-client", Buffer.from("go away"));
        connection.reset("client");
        return "answer";
      },
    }));
    const client = await bed.dial();
    await until("the reset", () => client.isClosed);
    expect(first().lines).toContain("reset client by proxy");
    expect(bed.upstream.sockets).toHaveLength(0);
  });

  it("resets one side: the other sees a FIN", async () => {
    await open(() => ({}));
    const { client, server } = await bed.connect();
    first().connection.reset("client");
    await client.seesReset();
    await server.seesEnd();
    server.socket.end();
    await until("the end of the connection", () => first().lines.includes("closed"));
    expect(first().lines[0]).toBe("reset client by proxy");
    expect(first().lines.at(-1)).toBe("closed");
  });

  it("ends one side behind what was passed, and leaves the other alone", async () => {
    await open(() => ({}));
    const { client, server } = await bed.connect();
    server.write("before");
    await client.hasText("before");
    first().connection.end("client");
    await client.seesEnd();
    server.write("after");
    client.write("still heard");
    await server.hasText("still heard");
    expect([client.text(), server.hasEnded]).toStrictEqual(["before", false]);
  });

  it("is told of FIN at both edges, in the order of the wire, and of the close last and once", async () => {
    await open(() => ({}));
    const { client, server } = await bed.connect();
    client.socket.end("bye");
    await server.seesEnd();
    await client.seesEnd();
    server.socket.end();
    await until("the end of the connection", () => first().lines.includes("closed"));
    const ofDirection = (direction: string): string[] =>
      first().lines.filter((line) => line.startsWith(`ended ${direction}`));
    expect(ofDirection("to-server")).toStrictEqual(["ended to-server in", "ended to-server out"]);
    // The client's side was closed whole, so our FIN to it came before the server's own.
    expect(ofDirection("to-client")).toStrictEqual(["ended to-client out", "ended to-client in"]);
    expect(first().lines.filter((line) => line === "closed")).toHaveLength(1);
    expect(first().lines.at(-1)).toBe("closed");
  });

  it("is told of a reset by a peer", async () => {
    await open(() => ({}));
    const { server } = await bed.connect();
    server.socket.resetAndDestroy();
    await until("the news", () => first().lines.length > 0);
    expect(first().lines[0]).toBe("reset server by peer");
  });

  it("is told of an upstream that refuses; the client sees a FIN", async () => {
    await open(() => ({}));
    await bed.upstream.close();
    const client = await bed.dial();
    client.write("hello?");
    await client.seesEnd();
    client.socket.end();
    await until("the end of the connection", () => first().lines.includes("closed"));
    expect(first().lines).toContain("upstream failed ECONNREFUSED");
  });

  it("may be called after the close without effect, and is asked nothing any more", async () => {
    await open((_connection, lines) => ({
      bytes(gate, chunk) {
        lines.push(`bytes ${gate.direction} ${gate.edge}`);
        return gate.edge === "out" ? { pass: NOTHING, held: chunk } : { pass: chunk };
      },
    }));
    const { client, server } = await bed.connect();
    server.write("held");
    await until("the hold", () => first().lines.includes("bytes to-client out"));
    client.socket.resetAndDestroy();
    server.socket.resetAndDestroy();
    await until("the end of the connection", () => first().lines.includes("closed"));
    const { connection, lines } = first();
    const before = [...lines];
    connection.release(TO_CLIENT_OUT);
    connection.inject("to-client", Buffer.from("x"));
    connection.discard(TO_SERVER_IN);
    connection.end("server");
    connection.reset("client");
    await sleep(clock, 20);
    expect(lines).toStrictEqual(before);
    expect(lines.at(-1)).toBe("closed");
  });
});
