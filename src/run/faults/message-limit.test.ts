import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { CREATE, type FaultBed, openFaultBed } from "../fault-bed.test-support.ts";
import { messageLimit } from "./message-limit.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe("a limit for messages", () => {
  it("lets short ones pass and answers a long one with 1009", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(messageLimit, { kind: "message-limit", sizeBytes: 100 });
    const short = JSON.stringify(CREATE);
    client.socket.send(short);
    client.socket.send(JSON.stringify({ ...CREATE, input: "x".repeat(100) }));
    await until("the close", () => client.seen.includes("close 1009"));
    await change.struck;
    expect(server.seen.filter((text) => text.startsWith("{"))).toEqual([short]);
    const dropped = faults.bed.recorder
      .events()
      .filter((event) => event.kind === "message" && event.altered === "dropped");
    expect(dropped).toMatchObject([{ source: "client-face", type: "response.create" }]);
  });

  it("counts bytes of the text, and ends with its fault", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(messageLimit, { kind: "message-limit", sizeBytes: 10 });
    client.socket.send("x".repeat(10));
    await until("the longest that passes", () => server.seen.length === 1);
    await change.undo();
    client.socket.send("x".repeat(11));
    await until("a longer one", () => server.seen.length === 2);
    expect(client.seen).toEqual([]);
  });
});
