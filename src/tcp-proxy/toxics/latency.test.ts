import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../determinism/waiting.ts";
import { clock, openTestBed, until, type TestBed } from "../loopback.test-support.ts";

describe("latency", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("delays every chunk in its direction and none in the other", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("latency", { latency: 500 });
    const startedAtMs = clock.nowMs();
    client.write("up");
    await server.hasText("up");
    expect(server.receivedAtMs - startedAtMs).toBeLessThan(400);
    const writtenAtMs = clock.nowMs();
    server.write("down");
    await client.hasText("down");
    expect(client.receivedAtMs - writtenAtMs).toBeGreaterThanOrEqual(499);
  });

  it("lets the held chunk arrive at once when it is removed", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("latency", { latency: 60_000 }, { stream: "upstream" });
    client.write("one");
    client.socket.end("two");
    await until("the proxy to have read it", () => client.socket.bytesWritten === 6);
    await toxic.remove();
    await server.hasText("onetwo");
    await server.seesEnd();
    expect(server.text()).toBe("onetwo");
  });

  it("lets the first held chunk arrive at once when it is changed, and the rest as changed", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("latency", { latency: 60_000 }, { stream: "upstream" });
    for (const text of ["a", "b", "c"]) {
      client.write(text);
      await sleep(clock, 20);
    }
    await toxic.update({ latency: 50_000 });
    await server.hasText("a");
    await sleep(clock, 50);
    expect(server.text()).toBe("a");
    await toxic.update({ latency: 0 });
    await server.hasText("abc");
  });

  it("keeps the order under jitter", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("latency", { latency: 10, jitter: 10 }, { stream: "upstream" });
    const expected: string[] = [];
    for (let index = 0; index < 50; index += 1) {
      expected.push(`${index},`);
      client.write(`${index},`);
      await until("the chunk to be on its way", () => client.socket.writableLength === 0);
    }
    client.socket.end();
    await server.seesEnd();
    expect(server.text()).toBe(expected.join(""));
  });

  it("does not delay a FIN on an idle link, and sends it behind what it holds", async () => {
    const idle = await bed.connect();
    await bed.addToxic("latency", { latency: 500 }, { stream: "upstream" });
    const startedAtMs = clock.nowMs();
    idle.client.socket.end();
    await idle.server.seesEnd();
    expect(idle.server.endedAtMs - startedAtMs).toBeLessThan(400);
    const busy = await bed.connect();
    busy.client.socket.end("last words");
    await busy.server.seesEnd();
    expect(busy.server.text()).toBe("last words");
  });

  it("adds up when there are two", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("latency", { latency: 100 }, { stream: "upstream", name: "one" });
    await bed.addToxic("latency", { latency: 100 }, { stream: "upstream", name: "two" });
    const startedAtMs = clock.nowMs();
    client.write("x");
    await server.hasText("x");
    expect(server.receivedAtMs - startedAtMs).toBeGreaterThanOrEqual(199);
  });
});
