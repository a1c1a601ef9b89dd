import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { serverFrame } from "./conversation.test-support.ts";
import { openWireBed, type WireBed, wireCan } from "./wire-bed.test-support.ts";

const CREATED = serverFrame("response.created", { response: { id: "resp_1" } });
const COMPLETED = serverFrame("response.completed", { response: { id: "resp_1", output: [] } });

let bed: WireBed;
beforeEach(async () => {
  bed = await openWireBed();
});
afterEach(async () => await bed.close());

describe.skipIf(!wireCan("stall"))("what comes when a client has hung up", () => {
  it("is told as said by the server, and not as received", async () => {
    const { client, server, index } = await bed.connect();
    server.send(CREATED);
    await until("the first message", () => bed.lines("client-face").includes("client-face response.created P3"));
    const stall = await bed.wire.stall("to-client", index);
    server.send(COMPLETED);
    client.seen.socket.end();
    await until("the end of the client's side", () => bed.lines("client-face").includes("client-face ended in"));
    await stall.undo();
    await bed.wire.connectionGone(index);
    expect(bed.lines("server-face").join("\n")).toContain("response.completed");
    expect(bed.lines("client-face").join("\n")).not.toContain("response.completed");
  });
});
