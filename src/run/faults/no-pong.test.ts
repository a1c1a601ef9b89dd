import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { type FaultBed, openFaultBed, say, typesOf } from "../fault-bed.test-support.ts";
import { noPong } from "./no-pong.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe("a missing pong", () => {
  it("leaves pings without an answer, while messages come", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(noPong, { kind: "no-pong" });
    client.socket.ping();
    await change.struck;
    say(server, "alive");
    await until("the message", () => client.seen.length === 1);
    await change.undo();
    client.socket.ping();
    await until("the pong", () => client.seen.length === 2);
    expect(typesOf(client)).toEqual(["alive", "pong"]);
  });
});
