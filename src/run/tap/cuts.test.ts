import { afterEach, describe, expect, it } from "vitest";

import type { Anchor } from "../../plan/trigger.ts";
import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { createFrame, serverFrame } from "./conversation.test-support.ts";
import {
  byteAnchor,
  eventAnchor,
  frame,
  openWireBed,
  type RawConnection,
  reached,
  sayToServer,
  type WireBed,
  wireCan,
} from "./wire-bed.test-support.ts";

let bed: WireBed;
afterEach(async () => {
  await bed.close();
});

const first = serverFrame("a", { text: "one" });
const second = serverFrame("b", { text: "two" });
const third = serverFrame("c", { text: "x".repeat(5_000) });
const streamBytes = Buffer.concat([first, second, third]);
const afterSecond = first.length + second.length;

const places: readonly { readonly where: string; readonly anchor: Anchor; readonly offset: number }[] = [
  { where: "after a message", anchor: eventAnchor("b"), offset: afterSecond },
  { where: "before a message", anchor: eventAnchor("b", { edge: "before" }), offset: first.length },
  { where: "inside a message", anchor: eventAnchor("b", { edge: "inside", byteInFrame: 5 }), offset: first.length + 5 },
  { where: "at a byte", anchor: byteAnchor(afterSecond + 100), offset: afterSecond + 100 },
];
const cases = [0, 50].flatMap((latencyMs) => places.map((place) => ({ latencyMs, ...place })));

async function openHeld(latencyMs: number, anchor: Anchor): Promise<RawConnection & { release: () => void }> {
  bed = await openWireBed();
  if (latencyMs > 0) {
    await bed.wire.addToxic({ type: "latency", direction: "to-client", attributes: { latency: latencyMs } });
  }
  const armed = bed.arm(anchor);
  const connection = await bed.connect();
  connection.server.send(streamBytes);
  await reached(armed);
  return { ...connection, release: () => armed.release() };
}

describe.each(cases)("a cut at an anchor (latency $latencyMs ms, $where)", ({ latencyMs, anchor, offset }) => {
  it("fin: the client has everything up to the anchor, nothing behind it, and an end", async () => {
    const { client, server, release } = await openHeld(latencyMs, anchor);
    await bed.wire.cut("fin", 0);
    release();
    await Promise.all([client.seen.seesEnd(), server.seen.seesEnd()]);
    expect(client.bytes.equals(streamBytes.subarray(0, offset))).toBe(true);
  });

  it.runIf(wireCan("cut-rst"))(
    "rst: the client has everything up to the anchor, nothing behind it, and a reset",
    async () => {
      const { client, server, release } = await openHeld(latencyMs, anchor);
      await bed.wire.cut("rst", 0);
      release();
      await Promise.all([client.seen.seesReset(), server.seen.seesReset()]);
      expect(client.bytes.equals(streamBytes.subarray(0, offset))).toBe(true);
    },
  );

  // What keeps bytes back for all of a connection can do so for one direction, too.
  it.runIf(wireCan("stall"))(
    "blackhole: nothing passes either way until it heals, and then all of it in order",
    async () => {
      const { client, server, release } = await openHeld(latencyMs, anchor);
      const cut = await bed.wire.cut("blackhole", 0);
      release();
      const said = frame("is anybody there?", { mask: true });
      client.send(said);
      server.send(first);
      await sayToServer(await bed.connect());
      expect(client.bytes.equals(streamBytes.subarray(0, offset))).toBe(true);
      expect([server.bytes.length, client.seen.hasEnded, server.seen.hasEnded]).toEqual([0, false, false]);
      await cut.undo();
      await client.has(streamBytes, first);
      await server.has(said);
    },
  );
});

describe("a cut", () => {
  const rounds = process.env["HARNESS_FULL"] === undefined ? 20 : 250;

  const modes = (["fin", "rst"] as const).filter((mode) => wireCan(`cut-${mode}`));

  it.each(modes)(`%s: is exact ${rounds} times of ${rounds}`, async (mode) => {
    bed = await openWireBed();
    let exact = 0;
    for (let round = 0; round < rounds; round += 1) {
      const armed = bed.arm(eventAnchor("b"));
      const { client, server, index } = await bed.connect();
      server.send(streamBytes);
      await reached(armed);
      const cut = await bed.wire.cut(mode, index);
      armed.release();
      await until("the end", () => client.seen.hasEnded || client.seen.isClosed);
      await cut.undo();
      if (client.bytes.equals(streamBytes.subarray(0, afterSecond))) exact += 1;
    }
    expect(exact).toBe(rounds);
  });

  it.runIf(wireCan("cut-rst"))("strikes the named connection alone, and not the next one", async () => {
    bed = await openWireBed();
    const zero = await bed.connect();
    const one = await bed.connect();
    await bed.wire.cut("rst", 1);
    await one.client.seen.seesReset();
    await sayToServer(zero);
    await sayToServer(await bed.connect());
    expect(zero.client.seen.errorCode).toBeUndefined();
  });

  it.runIf(wireCan("cut-rst"))(
    "rst: fails where more than 64 KiB may be unread, until the client has spoken since",
    async () => {
      bed = await openWireBed();
      const large = serverFrame("large", { text: "x".repeat(70_000) });
      const { client, server } = await bed.connect();
      server.send(large);
      await client.has(large);
      await expect(bed.wire.cut("rst", 0)).rejects.toThrow("more than 64 KiB may be unread");
      const spoken = createFrame("go on");
      client.send(spoken);
      await server.has(spoken);
      await bed.wire.cut("rst", 0);
      await bed.wire.connectionGone(0);
      expect(client.seen.isClosed).toBe(true);
    },
  );

  it.each(["fin", "rst", "blackhole"] as const)("%s: fails where the connection is gone", async (mode) => {
    bed = await openWireBed();
    const { client, server } = await bed.connect();
    client.seen.socket.resetAndDestroy();
    server.seen.socket.destroy();
    await bed.wire.connectionGone(0);
    await expect(bed.wire.cut(mode, 0)).rejects.toThrow("connection 0 is not there to be cut");
    await expect(bed.wire.cut(mode, 7)).rejects.toThrow("connection 7 is not there to be cut");
  });

  it("an anchor that the client never got is missed when the connection is gone", async () => {
    bed = await openWireBed();
    const armed = bed.arm(eventAnchor("a"));
    const { client, server } = await bed.connect();
    await bed.wire.cut("blackhole", 0);
    server.send(first, second);
    await until("the message at the server's face", () => bed.lines().includes("server-face a"));
    client.seen.socket.resetAndDestroy();
    server.seen.socket.resetAndDestroy();
    expect(await armed.outcome).toEqual({
      kind: "missed",
      why: "the connection was gone before its delivery was confirmed",
    });
    expect(bed.lines()).not.toContain("client-face a");
  });

  it("is in the events of both faces, with the end of the connection last", async () => {
    bed = await openWireBed();
    const { client, server } = await bed.connect();
    await bed.wire.cut("fin", 0);
    await Promise.all([client.seen.seesEnd(), server.seen.seesEnd()]);
    client.seen.socket.end();
    server.seen.socket.end();
    await bed.wire.connectionGone(0);
    expect(bed.lines("client-face").slice(-3)).toEqual(
      expect.arrayContaining(["client-face ended out", "client-face connection-closed"]),
    );
    expect(bed.lines("server-face")).toContain("server-face ended out");
    expect(bed.lines("client-face").at(-1)).toBe("client-face connection-closed");
  });

  it.runIf(wireCan("cut-rst"))(
    "by reset is told as made by the proxy, and a reset of the client as made by its peer",
    async () => {
      bed = await openWireBed();
      const zero = await bed.connect();
      await bed.wire.cut("rst", 0);
      await zero.client.seen.seesReset();
      const one = await bed.connect();
      one.client.seen.socket.resetAndDestroy();
      await until("the reset", () =>
        bed.recorder.events().some((event) => event.connection === 1 && event.kind === "reset"),
      );
      const resets = bed.recorder.events().filter((event) => event.kind === "reset");
      expect(resets).toEqual([
        expect.objectContaining({ connection: 0, by: "proxy" }),
        expect.objectContaining({ connection: 0, by: "proxy" }),
        expect.objectContaining({ connection: 1, source: "client-face", by: "peer" }),
      ]);
    },
  );
});
