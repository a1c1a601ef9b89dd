import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep } from "../../determinism/waiting.ts";
import { clock, openTestBed, until, type TestBed, type TestSocket } from "../loopback.test-support.ts";

const STANDSTILL_MS = 100;

/** Sends until nothing more is taken, because somebody on the way does not read; the last piece is left to wait. */
async function fill({ socket }: TestSocket): Promise<void> {
  const piece = Buffer.alloc(64 * 1024);
  let piecesTaken = 0;
  let isFilling = true;
  const send = (): void =>
    void socket.write(piece, () => {
      piecesTaken += 1;
      if (isFilling) send();
    });
  send();
  for (let before = -1; piecesTaken > before;) {
    before = piecesTaken;
    await sleep(clock, STANDSTILL_MS);
  }
  isFilling = false;
}

describe("cutwire_fin and cutwire_rst", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  it("cutwire_fin ends both sides of a live connection, behind everything that was passed", async () => {
    const { client, server } = await bed.connect();
    client.write("for the server");
    await server.hasText("for the server");
    client.socket.pause();
    await fill(server);
    let hasAnswered = false;
    const adding = bed.addToxic("cutwire_fin", {}).then(() => {
      hasAnswered = true;
    });
    // The API answers when the FIN is out, and that waits for a reader of what was passed before.
    await sleep(clock, 100);
    expect(hasAnswered).toBe(false);
    client.socket.resume();
    await adding;
    await Promise.all([client.seesEnd(), server.seesEnd()]);
    expect(client.sizeBytes).toBeGreaterThan(0);
    expect(client.errorCode).toBeUndefined();
  });

  it("cutwire_fin never becomes an RST although a side goes on sending", async () => {
    const { client, server } = await bed.connect();
    server.write("last");
    await client.hasText("last");
    client.write(Buffer.alloc(512 * 1024));
    await bed.addToxic("cutwire_fin", {});
    client.write("too late");
    await client.seesEnd();
    client.socket.end();
    await until("the close", () => client.isClosed);
    expect(client.errorCode).toBeUndefined();
  });

  it("cutwire_fin gives a side that never ends one second", async () => {
    const { client } = await bed.connect();
    await bed.addToxic("cutwire_fin", {});
    await client.seesEnd();
    await until("the proxy to be gone", () => {
      client.write("x");
      return client.errorCode !== undefined;
    });
    expect(["EPIPE", "ECONNRESET"]).toContain(client.errorCode);
  });

  it("cutwire_rst resets both sides of a live connection", async () => {
    const { client, server } = await bed.connect();
    client.write("hello");
    await server.hasText("hello");
    await bed.addToxic("cutwire_rst", {});
    await Promise.all([client.seesReset(), server.seesReset()]);
    expect([client.errorCode, server.errorCode]).toStrictEqual(["ECONNRESET", "ECONNRESET"]);
  });

  it("aimed at one connection, they leave the others alone, earlier and later ones too", async () => {
    const first = await bed.connect();
    const second = await bed.connect();
    await bed.addToxic("cutwire_rst", { connection: 1 });
    await second.client.seesReset();
    const third = await bed.connect();
    for (const { client, server } of [first, third]) {
      client.write("alive");
      await server.hasText("alive");
    }
    expect(first.client.errorCode).toBeUndefined();
  });

  it("aimed at a connection to come, it strikes that one when it starts", async () => {
    await bed.addToxic("cutwire_fin", { connection: 1 });
    const first = await bed.connect();
    const second = await bed.dial();
    await second.seesEnd();
    expect(first.client.hasEnded).toBe(false);
  });

  it("moved to another connection, it strikes that one", async () => {
    const first = await bed.connect();
    const toxic = await bed.addToxic("cutwire_fin", { connection: 7 });
    await toxic.update({ connection: 0 });
    await first.client.seesEnd();
    expect(first.client.errorCode).toBeUndefined();
  });
});
