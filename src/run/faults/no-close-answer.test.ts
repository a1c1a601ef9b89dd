import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { goAroundElsewhere } from "../tap/wire-bed.test-support.ts";
import { type FaultBed, openFaultBed, say } from "../fault-bed.test-support.ts";
import { noCloseAnswer } from "./no-close-answer.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

describe("a missing answer to a Close frame", () => {
  it("leaves the client closing and the server unaware, on a connection that lives", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(noCloseAnswer, { kind: "no-close-answer" });
    client.socket.close(1000);
    await change.struck;
    await goAroundElsewhere();
    expect([client.socket.readyState, server.socket.readyState]).toEqual([client.socket.CLOSING, server.socket.OPEN]);
    say(server, "alive");
    await until("the message", () => faults.bed.lines("client-face").includes("client-face alive"));
    client.socket.terminate();
    await until("the end at the server", () => server.seen.includes("close 1006"));
  });
});
