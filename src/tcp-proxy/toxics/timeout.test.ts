import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../determinism/waiting.ts";
import { clock, openTestBed, type TestBed } from "../loopback.test-support.ts";

describe("timeout", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("with 0 throws everything away, and its removal is a FIN: a blackhole that cannot heal", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("timeout", { timeout: 0 }, { stream: "upstream" });
    client.write("abc");
    await sleep(clock, 50);
    expect(server.hasEnded).toBe(false);
    await toxic.remove();
    await server.seesEnd();
    expect(server.text()).toBe("");
    await client.seesEnd();
  });

  it("ends an idle link after that much silence", async () => {
    const { client } = await bed.connect();
    const startedAtMs = clock.nowMs();
    await bed.addToxic("timeout", { timeout: 150 });
    await client.seesEnd();
    expect(client.endedAtMs - startedAtMs).toBeGreaterThanOrEqual(149);
  });

  it("starts again at every chunk, so a busy link stays open and delivers nothing", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("timeout", { timeout: 200 }, { stream: "upstream" });
    for (let index = 0; index < 10; index += 1) {
      client.write("x");
      await sleep(clock, 50);
    }
    expect(client.hasEnded).toBe(false);
    expect(server.text()).toBe("");
    await client.seesEnd();
  });

  it("lets a FIN through", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("timeout", { timeout: 0 }, { stream: "upstream" });
    client.socket.end("lost");
    await server.seesEnd();
    expect(server.text()).toBe("");
  });
});
