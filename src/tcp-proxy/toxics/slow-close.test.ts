import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clock, openTestBed, until, type TestBed } from "../loopback.test-support.ts";

describe("slow_close", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("lets bytes through at once and the FIN later", async () => {
    await bed.addToxic("slow_close", { delay: 600 });
    const { client, server } = await bed.connect();
    const startedAtMs = clock.nowMs();
    server.socket.end("bye");
    await client.hasText("bye");
    expect(client.receivedAtMs - startedAtMs).toBeLessThan(450);
    await client.seesEnd();
    expect(client.endedAtMs - startedAtMs).toBeGreaterThanOrEqual(599);
  });

  it("lets the FIN that it holds through when it is removed", async () => {
    const toxic = await bed.addToxic("slow_close", { delay: 60_000 });
    const { client, server } = await bed.connect();
    server.socket.end("bye");
    await client.hasText("bye");
    await toxic.remove();
    await client.seesEnd();
    expect(client.text()).toBe("bye");
  });

  it("starts the wait again when it is changed", async () => {
    const toxic = await bed.addToxic("slow_close", { delay: 60_000 });
    const { client, server } = await bed.connect();
    server.socket.end("bye");
    await client.hasText("bye");
    await toxic.update({ delay: 20 });
    await until("the FIN", () => client.hasEnded);
    expect(client.errorCode).toBeUndefined();
  });
});
