import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { goAroundElsewhere, wireCan } from "../tap/wire-bed.test-support.ts";
import { type FaultBed, openFaultBed, say } from "../fault-bed.test-support.ts";
import { stall } from "./stall.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe.runIf(wireCan("stall"))("a stall of one direction", () => {
  it.each(["to-client", "to-server"] as const)("%s: keeps that one back and loses nothing", async (direction) => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(stall, { kind: "stall", direction });
    client.socket.send("to-server");
    say(server, "to-client");
    const [still, alive] = direction === "to-client" ? [client, server] : [server, client];
    await until("the other direction", () => alive.seen.length === 1);
    await goAroundElsewhere();
    expect(still.seen).toEqual([]);
    await change.undo();
    await until("what was kept back", () => still.seen.length === 1);
  });

  it("fails where the connection is gone", async () => {
    const { client } = await faults.connect();
    client.socket.terminate();
    await faults.bed.wire.connectionGone(0);
    await expect(faults.bed.wire.stall("to-client", 0)).rejects.toThrow("not there to be stalled");
  });
});
