import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../determinism/waiting.ts";
import { clock, openTestBed, until, type TestBed } from "../loopback.test-support.ts";

describe("cutwire_stall", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("keeps bytes and FIN back, and hands them on in order when it is removed", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("cutwire_stall", {}, { stream: "upstream" });
    client.write("one ");
    client.socket.end("two");
    await sleep(clock, 50);
    expect([server.sizeBytes, server.hasEnded]).toStrictEqual([0, false]);
    await toxic.remove();
    await server.hasText("one two");
    await server.seesEnd();
  });

  it("stalls one way only", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("cutwire_stall", {}, { stream: "upstream" });
    client.write("stuck");
    server.write("free");
    await client.hasText("free");
    expect(server.sizeBytes).toBe(0);
  });

  it("slows the sender down, and loses nothing of 32 MiB", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("cutwire_stall", {}, { stream: "upstream" });
    const bytes = Buffer.alloc(32 * 1024 * 1024, "0123456789abcdef");
    client.socket.end(bytes);
    await sleep(clock, 100);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(server.sizeBytes).toBe(0);
    await toxic.remove();
    await server.seesEnd();
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true);
  });

  it("hides a reset of one side from the other until it is removed, and then shows a FIN", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("cutwire_stall", {}, { stream: "upstream" });
    client.write("before the crash");
    await sleep(clock, 20);
    client.socket.resetAndDestroy();
    await sleep(clock, 50);
    server.write(Buffer.alloc(32 * 1024 * 1024));
    await until("the server's bytes to be taken", () => server.socket.writableLength === 0);
    expect([server.hasEnded, server.errorCode]).toStrictEqual([false, undefined]);
    await toxic.remove();
    await server.hasText("before the crash");
    await server.seesEnd();
  });

  it("hides a close of the server from a client that goes on sending", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("cutwire_stall", {});
    server.socket.end("bye");
    server.socket.destroySoon();
    for (let index = 0; index < 5; index += 1) {
      client.write("anybody?");
      await sleep(clock, 10);
    }
    expect([client.sizeBytes, client.hasEnded, client.errorCode]).toStrictEqual([0, false, undefined]);
    await toxic.remove();
    await client.hasText("bye");
    await client.seesEnd();
  });

  it("aimed at one connection, it stalls that one alone", async () => {
    const first = await bed.connect();
    const second = await bed.connect();
    await bed.addToxic("cutwire_stall", { connection: 0 });
    for (const { server } of [first, second]) server.write("x");
    await second.client.hasText("x");
    expect(first.client.sizeBytes).toBe(0);
  });

  it("leaves nothing open when the server is closed meanwhile", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("cutwire_stall", {});
    server.write("stuck");
    await sleep(clock, 20);
    await bed.server.close();
    await until("both sockets", () => client.hasEnded || client.isClosed);
    expect(client.sizeBytes).toBe(0);
  });
});
