import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { type FaultBed, openFaultBed } from "../fault-bed.test-support.ts";
import { refuse } from "./refuse.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe("a closed port", () => {
  it("ends what is connected and refuses dials, until it listens at the same place again", async () => {
    const { client } = await faults.connect();
    const change = await faults.strike(refuse, { kind: "refuse" });
    await until("the end", () => client.seen.includes("close 1006"));
    const refused = faults.dial();
    await until("the refusal", () => refused.seen.some((line) => line.includes("ECONNREFUSED")));
    await change.undo();
    const again = await faults.connect();
    again.client.socket.send("hello");
    await until("the message", () => again.server.seen.length === 1);
    expect(faults.bed.lines().filter((line) => line === "client-face dialled")).toHaveLength(2);
  });
});
