import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { openWireBed, pointAnchor, reached, sayToServer, type WireBed } from "./wire-bed.test-support.ts";

let bed: WireBed;
afterEach(async () => {
  await bed.close();
});

describe("rejected dials", () => {
  it("are reset before the server sees them, as many as were asked for, and then let through", async () => {
    bed = await openWireBed();
    const rejection = await bed.wire.rejectDials({ how: "reset", dials: 2 });
    expect(rejection.shortfall?.()).toBe("only 0 of 2 dials came to be rejected");
    await (await bed.dial()).seen.seesReset();
    expect(rejection.shortfall?.()).toBe("only 1 of 2 dials came to be rejected");
    await (await bed.dial()).seen.seesReset();
    expect(rejection.shortfall?.()).toBeUndefined();
    await rejection.struck;
    const { client, server, index } = await bed.connect();
    await sayToServer({ client, server, index });
    expect(index).toBe(0);
    expect(bed.lines().filter((line) => line.includes("dial"))).toEqual([
      "client-face dialled",
      "client-face dial-rejected reset",
      "client-face dialled",
      "client-face dial-rejected reset",
      "client-face dialled",
    ]);
  });

  it("are answered with a status, a Retry-After and an error body, as ws reads them", async () => {
    bed = await openWireBed();
    await bed.wire.rejectDials({ how: { status: 503, retryAfterSeconds: 2 }, dials: 1 });
    const client = new WebSocket(bed.wire.baseUrl.replace("http:", "ws:"));
    client.on("error", () => undefined);
    const answer = await new Promise<unknown>((resolve) => {
      client.once("unexpected-response", (_request, response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
          resolve({ status: response.statusCode, retryAfter: response.headers["retry-after"], body });
        });
      });
    });
    expect(answer).toEqual({
      status: 503,
      retryAfter: "2",
      body: {
        error: { message: "The upgrade was refused with status 503.", type: "server_error", param: null, code: null },
      },
    });
    expect(bed.lines()).toContain("client-face dial-rejected status 503");
    await bed.connect();
  });

  it("have no Retry-After where none was asked for, and end with a FIN", async () => {
    bed = await openWireBed();
    await bed.wire.rejectDials({ how: { status: 429 }, dials: 1 });
    const client = await bed.dial();
    await client.seen.seesEnd();
    expect(client.head).toMatch(/^HTTP\/1\.1 429 /);
    expect(client.head.toLowerCase()).not.toContain("retry-after");
    client.seen.socket.end();
    await until("the end of the connection", () => bed.lines().includes("client-face connection-closed"));
    expect(bed.wire.liveConnection()).toBeUndefined();
  });

  it("are answered when the request comes in pieces", async () => {
    bed = await openWireBed();
    await bed.wire.rejectDials({ how: { status: 503 }, dials: 1 });
    const client = await bed.dial(0, "GET /v1/responses HTTP/1.1\r\nUpgra");
    client.seen.write("de: websocket\r\n\r\n");
    await client.seen.seesEnd();
    expect(client.head).toMatch(/^HTTP\/1\.1 503 /);
  });

  it("are struck by one rejection after the other", async () => {
    bed = await openWireBed();
    const reset = await bed.wire.rejectDials({ how: "reset", dials: 1 });
    const refused = await bed.wire.rejectDials({ how: { status: 500 }, dials: 1 });
    await (await bed.dial()).seen.seesReset();
    await reset.struck;
    const second = await bed.dial();
    await second.seen.seesEnd();
    expect(second.head).toMatch(/^HTTP\/1\.1 500 /);
    await refused.struck;
  });

  it("are let through once the rejection is undone", async () => {
    bed = await openWireBed();
    const rejection = await bed.wire.rejectDials({ how: "reset", dials: 5 });
    await (await bed.dial()).seen.seesReset();
    await rejection.undo();
    expect((await bed.connect()).index).toBe(0);
    expect(rejection.shortfall?.()).toBe("only 1 of 5 dials came to be rejected");
  });

  it("are those of their own session alone", async () => {
    bed = await openWireBed({ sessionCount: 2 });
    await bed.wires[1]?.rejectDials({ how: "reset", dials: 1 });
    await bed.connect(0);
    await (await bed.dial(1)).seen.seesReset();
    expect(bed.recorder.events().find((event) => event.kind === "dial-rejected")).toMatchObject({ session: 1 });
  });

  it("count from the dial that reached the anchor: a rejection made while P0 is held strikes that dial", async () => {
    bed = await openWireBed();
    const armed = bed.arm(pointAnchor("P0"));
    const client = await bed.dial();
    await reached(armed);
    await bed.wire.rejectDials({ how: "reset", dials: 1 });
    armed.release();
    await client.seen.seesReset();
    expect(bed.lines()).toContain("client-face dial-rejected reset");
  });
});
