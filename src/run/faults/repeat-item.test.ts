import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { CALL_DONE, CREATE, created, type FaultBed, openFaultBed, say } from "../fault-bed.test-support.ts";
import { repeatItem } from "./repeat-item.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

async function beginResponse(id: string): ReturnType<FaultBed["connect"]> {
  const sides = await faults.connect();
  sides.client.socket.send(JSON.stringify(CREATE));
  await until("the create", () => sides.server.seen.length === 1);
  say(sides.server, created(id));
  await until("its answer", () => sides.client.seen.length === 1);
  return sides;
}

describe("a repeated call", () => {
  it("comes as it came, as often as is asked for", async () => {
    const { client, server } = await beginResponse("r1");
    say(server, CALL_DONE);
    await until("the call", () => client.seen.length === 2);
    await faults.strike(repeatItem, { kind: "repeat-item", arguments: "same", times: 2 });
    await until("the copies", () => client.seen.length === 4);
    expect(client.seen.slice(1)).toEqual(Array.from({ length: 3 }, () => JSON.stringify(CALL_DONE)));
    const copies = faults.bed.recorder
      .events()
      .filter((event) => event.kind === "message" && event.altered !== undefined);
    expect(copies).toMatchObject(
      Array.from({ length: 2 }, () => ({
        source: "client-face",
        altered: "injected",
        callId: "call_1",
        responseId: "r1",
      })),
    );
  });

  it("has other arguments of the same operation where that is asked for", async () => {
    const { client, server } = await beginResponse("r1");
    say(server, CALL_DONE);
    await until("the call", () => client.seen.length === 2);
    await faults.strike(repeatItem, { kind: "repeat-item", arguments: "other", times: 1 });
    await until("the copy", () => client.seen.length === 3);
    const { item } = JSON.parse(client.seen[2] ?? "") as { item: { arguments: string; call_id: string } };
    expect(item.call_id).toBe("call_1");
    expect(JSON.parse(item.arguments)).toEqual({ operation: "a", again: true });
  });

  it("comes on the next connection, in a place of its own and without the number of its old response", async () => {
    const first = await beginResponse("r1");
    say(first.server, CALL_DONE);
    await until("the call", () => first.client.seen.length === 2);
    first.client.socket.terminate();
    await faults.bed.wire.connectionGone(0);
    const { client } = await beginResponse("r2");
    await faults.strike(repeatItem, { kind: "repeat-item", arguments: "same", times: 1 });
    await until("the copy", () => client.seen.length === 2);
    const { sequence_number: _number, ...rest } = CALL_DONE;
    expect(JSON.parse(client.seen[1] ?? "")).toEqual({ ...rest, output_index: 1_000 });
  });

  it("fails where no call has come yet", async () => {
    await faults.connect();
    const striking = faults.strike(repeatItem, { kind: "repeat-item", arguments: "same", times: 1 });
    await expect(striking).rejects.toThrow("no function call has come");
  });
});
