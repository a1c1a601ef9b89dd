import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../determinism/waiting.ts";
import { clock, IS_REAL, openTestBed, until, type TestBed } from "../loopback.test-support.ts";

describe("bandwidth", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("lets through no more than its rate, in pieces, and loses nothing", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("bandwidth", { rate: 200 }, { stream: "upstream" });
    const bytes = Buffer.alloc(100_000, "0123456789");
    const startedAtMs = clock.nowMs();
    client.socket.end(bytes);
    await until("the first piece", () => server.sizeBytes > 0);
    expect(server.sizeBytes).toBeLessThan(bytes.length);
    await server.seesEnd();
    expect(server.receivedAtMs - startedAtMs).toBeGreaterThanOrEqual(490);
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true);
  });

  it("does not slow down what is far below its rate", async () => {
    const { client, server } = await bed.connect();
    await bed.addToxic("bandwidth", { rate: 1_000_000 }, { stream: "upstream" });
    const bytes = Buffer.alloc(4_000_000, "x");
    const startedAtMs = clock.nowMs();
    client.socket.end(bytes);
    await server.seesEnd();
    expect(server.sizeBytes).toBe(bytes.length);
    expect(server.receivedAtMs - startedAtMs).toBeLessThan(2000);
  });

  // A negative rate ends the process of the real one.
  it.each(IS_REAL ? [0] : [0, -5])(
    "with %i lets nothing through until it is changed; then the chunk arrives at once",
    async (rate) => {
      const { client, server } = await bed.connect();
      const toxic = await bed.addToxic("bandwidth", { rate }, { stream: "upstream" });
      client.write("stuck");
      await sleep(clock, 150);
      expect(server.sizeBytes).toBe(0);
      await toxic.update({ rate: 1 });
      await server.hasText("stuck");
      expect(server.text()).toBe("stuck");
    },
  );

  it("lets everything that waits go on when it is removed, in order", async () => {
    const { client, server } = await bed.connect();
    const toxic = await bed.addToxic("bandwidth", { rate: 1 }, { stream: "upstream" });
    const bytes = Buffer.alloc(300_000, "0123456789abcdefg");
    client.socket.end(bytes);
    await until("the first piece", () => server.sizeBytes > 0);
    await toxic.remove();
    await server.seesEnd();
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true);
  });
});
