import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { type FaultBed, openFaultBed, say } from "../fault-bed.test-support.ts";
import { corrupt } from "./corrupt.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe("a corrupt message", () => {
  it.each([
    ["invalid-utf8", "error Invalid WebSocket frame: invalid UTF-8 sequence"],
    ["reserved-bit", "error Invalid WebSocket frame: RSV1 must be clear"],
    ["not-json", '#"type":"a"}'],
  ] as const)("is what nobody can use: %s", async (how, expected) => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(corrupt, { kind: "corrupt", how });
    say(server, "a", "b");
    await until("what comes of it", () => client.seen.length >= 1);
    expect(client.seen[0]).toBe(expected);
    await change.struck;
    expect(faults.bed.lines("server-face")).toContain("server-face a");
    await until("the record", () => faults.bed.lines("client-face").includes("client-face unreadable-message"));
    expect(faults.bed.lines("client-face")).not.toContain("client-face a");
  });
});
