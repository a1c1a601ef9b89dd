import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../determinism/waiting.ts";
import { clock, openTestBed, type TestBed } from "../loopback.test-support.ts";

describe("reset_peer", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("set before the dial: the next chunk resets both sides", async () => {
    await bed.addToxic("reset_peer", { timeout: 0 });
    const { client, server } = await bed.connect();
    server.write("lost");
    await client.seesReset();
    await server.seesReset();
    expect(client.text()).toBe("");
  });

  it("waits for its timeout first", async () => {
    await bed.addToxic("reset_peer", { timeout: 100 }, { stream: "upstream" });
    const { client } = await bed.connect();
    const startedAtMs = clock.nowMs();
    client.write("x");
    await client.seesReset();
    expect(clock.nowMs() - startedAtMs).toBeGreaterThanOrEqual(99);
  });

  it("added to a live link: the next chunk is lost and then there is a FIN, no RST", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("reset_peer", { timeout: 0 });
    server.write("lost");
    await client.seesEnd();
    expect(client.text()).toBe("");
  });

  it("without traffic does nothing", async () => {
    const { client } = await bed.connect();
    await bed.addToxic("reset_peer", { timeout: 0 });
    await sleep(clock, 100);
    expect([client.hasEnded, client.errorCode]).toStrictEqual([false, undefined]);
  });

  it("turns every close of a connection that started with it into an RST, even with toxicity 0", async () => {
    await bed.addToxic("reset_peer", { timeout: 0 }, { toxicity: 0 });
    const { client, server } = await bed.connect();
    server.write("not lost");
    await client.hasText("not lost");
    server.socket.end();
    await client.seesReset();
    expect(client.errorCode).toBe("ECONNRESET");
  });

  it("is not stopped by its removal once the wait has begun", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("reset_peer", { timeout: 100 });
    server.write("lost");
    await sleep(clock, 20);
    await toxic.remove();
    await client.seesEnd();
    expect(client.text()).toBe("");
  });
});
