import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { type FaultBed, openFaultBed, say } from "../fault-bed.test-support.ts";
import { fragment } from "./fragment.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

const fault = { kind: "fragment", fragments: 4, cut: "anywhere", pingBetween: true, messages: 2 } as const;

describe("fragments", () => {
  it("are the same message to whoever joins them, with a ping between the first two", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(fragment, fault);
    say(server, "a", "b", "c");
    await until("the messages", () => client.seen.length === 5);
    expect(client.seen).toEqual(["ping", '{"type":"a"}', "ping", '{"type":"b"}', '{"type":"c"}']);
    expect(change.shortfall?.()).toBeUndefined();
  });

  it("are cut inside of a character; a message without one stays whole", async () => {
    const { client, server } = await faults.connect();
    const change = await faults.strike(fragment, { ...fault, cut: "inside-character", pingBetween: false });
    say(server, "plain", { type: "größer", text: "31 °C – schön" });
    await until("the messages", () => client.seen.length === 2);
    expect(client.seen[1]).toBe('{"type":"größer","text":"31 °C – schön"}');
    expect(change.shortfall?.()).toBe("1 of 2 messages did not come to be cut");
    const replaced = faults.bed.recorder
      .events()
      .filter((event) => event.kind === "message" && event.altered !== undefined);
    expect(replaced).toMatchObject([{ source: "client-face", type: "größer", altered: "replaced" }]);
  });
});
