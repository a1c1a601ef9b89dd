import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { type FaultBed, openFaultBed } from "../fault-bed.test-support.ts";
import { upgrade } from "./upgrade.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

const OPEN = 1;

describe("a disturbed upgrade", () => {
  it("has a key that does not fit, as often as is asked for", async () => {
    const change = await faults.strike(upgrade, { kind: "upgrade", how: "wrong-accept-key", dials: 1 });
    const first = faults.dial();
    await until("the error", () => first.seen.some((line) => line.includes("Invalid Sec-WebSocket-Accept")));
    await change.struck;
    expect(change.shortfall?.()).toBeUndefined();
    await faults.connect();
  });

  it("comes late, and whole", async () => {
    await faults.strike(upgrade, { kind: "upgrade", how: { lateMs: 60 }, dials: 1 });
    const { client, server } = await faults.connect();
    const times = faults.bed.recorder.events();
    const at = (kind: string): number => times.find((event) => event.kind === kind)?.atMs ?? Number.NaN;
    expect(at("upgrade-answered") - at("upgrade-requested")).toBeGreaterThanOrEqual(55);
    client.socket.send("hello");
    await until("the message", () => server.seen.includes("hello"));
  });

  it("leaves nothing behind where the client does not wait for it", async () => {
    const change = await faults.strike(upgrade, { kind: "upgrade", how: { lateMs: 40_000 }, dials: 1 });
    const { socket } = faults.dial();
    // The answer is there and waits: a client that leaves before it leaves the next dial to be late.
    await change.struck;
    socket.terminate();
    await faults.bed.wire.connectionGone(0);
    const next = faults.dial();
    await until("the next one", () => next.socket.readyState === OPEN);
    expect(next.seen).toEqual([]);
  });
});
