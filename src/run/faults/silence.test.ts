import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { type FaultBed, openFaultBed, say, typesOf } from "../fault-bed.test-support.ts";
import { silence } from "./silence.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe("silence", () => {
  it("keeps messages back while pings are answered, and gives them back in their order", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(silence, { kind: "silence" });
    say(server, "a", "b");
    client.socket.ping();
    await until("the pong", () => client.seen.includes("pong"));
    expect(typesOf(client)).toEqual(["pong"]);
    await change.undo();
    say(server, "c");
    await until("the messages", () => client.seen.length === 4);
    expect(typesOf(client)).toEqual(["pong", "a", "b", "c"]);
    expect(faults.bed.lines("server-face")).toEqual(expect.arrayContaining(["server-face a", "server-face b"]));
    const moved = faults.bed.recorder.events().filter((event) => event.kind === "message" && event.altered === "moved");
    expect(moved).toMatchObject([
      { source: "client-face", type: "a" },
      { source: "client-face", type: "b" },
    ]);
  });

  it("lets the client speak meanwhile, and shows it pings where that is asked for", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(silence, { kind: "silence", pingEveryMs: 5 });
    say(server, "a");
    client.socket.send("still here");
    await until("pings and the client", () => client.seen.length >= 3 && server.seen.includes("still here"));
    expect(new Set(client.seen)).toEqual(new Set(["ping"]));
    await change.undo();
    await until("the message", () => typesOf(client).includes("a"));
  });

  it("keeps the server's Close frame behind its messages", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(silence, { kind: "silence" });
    say(server, "a");
    server.socket.close(1001);
    await until("both at the server's face", () =>
      faults.bed.lines("server-face").some((line) => line.includes("close 1001")),
    );
    expect(client.seen).toEqual([]);
    await change.undo();
    await until("the close", () => client.seen.includes("close 1001"));
    expect(typesOf(client)).toEqual(["a", "close 1001"]);
  });

  it("ends with its connection", async () => {
    const { client } = await faults.connect();
    const change = await faults.strike(silence, { kind: "silence", pingEveryMs: 1 });
    client.socket.terminate();
    await faults.bed.wire.connectionGone(0);
    await expect(change.undo()).resolves.toBeUndefined();
  });
});
