import { afterEach, describe, expect, it } from "vitest";

import { DIRECTIONS } from "../../protocol/direction.ts";
import type { ProtocolPoint } from "../../protocol/protocol-point.ts";
import { until } from "../../tcp-proxy/loopback.test-support.ts";
import type { Anchor } from "../../plan/trigger.ts";
import { conversation, createFrame, serverFrame } from "./conversation.test-support.ts";
import {
  ANSWER_HEAD,
  byteAnchor,
  eventAnchor,
  goAroundElsewhere,
  openWireBed,
  pointAnchor,
  reached,
  type WireBed,
  type WireBedOptions,
} from "./wire-bed.test-support.ts";

let bed: WireBed;
async function open(options: WireBedOptions = {}): Promise<void> {
  bed = await openWireBed(options);
}
afterEach(async () => {
  await bed.close();
});

const first = serverFrame("a", { text: "one" });
const second = serverFrame("b", { text: "two" });
const third = serverFrame("c", { text: "three" });
const stream = [first, second, third];
const streamBytes = Buffer.concat(stream);

describe("an anchor after a message", () => {
  it("holds exactly behind its frame until it is released", async () => {
    await open();
    const armed = bed.arm(eventAnchor("b"));
    const connection = await bed.connect();
    connection.server.send(...stream);
    const site = await reached(armed);
    expect(site).toMatchObject({
      connection: 0,
      heldBy: "server-face",
      direction: "to-client",
      offset: first.length + second.length,
    });
    expect(bed.recorder.events()[site.by ?? -1]).toMatchObject({ source: "server-face", type: "b" });
    await connection.client.has(first, second);
    await goAroundElsewhere();
    await connection.client.has(first, second);
    armed.release();
    await connection.client.has(...stream);
  });

  it("holds bytes that come later too, in order, and a FIN behind them", async () => {
    await open();
    const armed = bed.arm(eventAnchor("a"));
    const connection = await bed.connect();
    connection.server.send(first);
    await reached(armed);
    connection.server.send(second);
    connection.server.seen.socket.end(third);
    await goAroundElsewhere();
    await connection.client.has(first);
    expect(connection.client.seen.hasEnded).toBe(false);
    armed.release();
    await connection.client.has(...stream);
    await connection.client.seen.seesEnd();
  });

  it.each([1, 2, 7])("holds there whatever pieces the bytes come in (%i bytes each)", async (size) => {
    await open();
    const armed = bed.arm(eventAnchor("b"));
    const connection = await bed.connect();
    for (let at = 0; at < streamBytes.length; at += size) connection.server.send(streamBytes.subarray(at, at + size));
    expect(await reached(armed)).toMatchObject({ offset: first.length + second.length });
    await goAroundElsewhere();
    await connection.client.has(first, second);
    armed.release();
    await connection.client.has(...stream);
  });

  it("counts occurrences over all connections of the session, and not those of other sessions", async () => {
    await open({ sessionCount: 2 });
    const armed = bed.arm(eventAnchor("a", { occurrence: 3 }));
    const connections = [await bed.connect(0), await bed.connect(1), await bed.connect(0)];
    const [one, other, two] = connections;
    for (const connection of [one, other, other, two]) {
      connection?.server.send(first);
      await until("the message", () => bed.lines("client-face").some((line) => line.endsWith(" a")));
    }
    await two?.client.has(first);
    one?.server.send(first, second);
    expect(await reached(armed)).toMatchObject({ connection: 0 });
    await one?.client.has(first, first);
    armed.release();
    await one?.client.has(first, first, second);
  });

  it("is found on the named connection and in the named lane alone", async () => {
    await open();
    const armed = bed.arm(eventAnchor("a"), { connection: 1, lane: "x" });
    const inLane = serverFrame("a", { stream_id: "x" });
    const zero = await bed.connect();
    zero.server.send(inLane, second);
    await zero.client.has(inLane, second);
    const one = await bed.connect();
    one.server.send(first, inLane, second);
    expect(await reached(armed)).toMatchObject({ connection: 1 });
    await one.client.has(first, inLane);
    armed.release();
    await one.client.has(first, inLane, second);
  });

  it("holds what the client sends in the same way", async () => {
    await open();
    const armed = bed.arm(eventAnchor("response.create", { direction: "to-server" }));
    const { client, server } = await bed.connect();
    const next = createFrame("more");
    client.send(conversation.create, next);
    expect(await reached(armed)).toMatchObject({ heldBy: "client-face", offset: conversation.create.length });
    await server.has(conversation.create);
    armed.release();
    await server.has(conversation.create, next);
  });

  it("holds the other direction too, so that no answer overtakes the fault", async () => {
    await open();
    const armed = bed.arm(eventAnchor("response.create", { direction: "to-server" }));
    const { client, server } = await bed.connect();
    client.send(conversation.create);
    expect(await reached(armed)).toMatchObject({ direction: "to-server" });
    await server.has(conversation.create);
    server.send(first, second);
    await goAroundElsewhere();
    await client.has();
    armed.release();
    await client.has(first, second);
  });
});

describe("an anchor before or inside a message", () => {
  it("before: holds in front of the frame's first byte", async () => {
    await open();
    const armed = bed.arm(eventAnchor("b", { edge: "before" }));
    const connection = await bed.connect();
    connection.server.send(...stream);
    expect(await reached(armed)).toMatchObject({ offset: first.length });
    await goAroundElsewhere();
    await connection.client.has(first);
    expect(bed.lines("server-face")).not.toContain("server-face b");
    armed.release();
    await connection.client.has(...stream);
  });

  it.each([1, 2, 9, second.length - 1])("inside: lets exactly %i bytes of the frame through", async (byteInFrame) => {
    await open();
    const armed = bed.arm(eventAnchor("b", { edge: "inside", byteInFrame }));
    const connection = await bed.connect();
    connection.server.send(...stream);
    expect(await reached(armed)).toMatchObject({ offset: first.length + byteInFrame });
    await goAroundElsewhere();
    await connection.client.has(streamBytes.subarray(0, first.length + byteInFrame));
    armed.release();
    await connection.client.has(...stream);
  });

  it("inside: never lets the whole frame through", async () => {
    await open();
    const armed = bed.arm(eventAnchor("b", { edge: "inside", byteInFrame: 100_000 }));
    const connection = await bed.connect();
    connection.server.send(...stream);
    expect(await reached(armed)).toMatchObject({ offset: first.length + second.length - 1 });
    armed.release();
    await connection.client.has(...stream);
  });

  it("inside: the first byte alone where none is named, also when every byte comes alone", async () => {
    await open();
    const armed = bed.arm(eventAnchor("b", { edge: "inside" }));
    const connection = await bed.connect();
    for (const byte of streamBytes) connection.server.send(Buffer.from([byte]));
    expect(await reached(armed)).toMatchObject({ offset: first.length + 1 });
    armed.release();
    await connection.client.has(...stream);
  });
});

describe("a byte anchor", () => {
  const places = [0, 1, 5, first.length - 1, first.length, first.length + 3, streamBytes.length];
  it.each(places)("lets exactly %i bytes behind the upgrade through", async (sizeBytes) => {
    await open();
    const armed = bed.arm(byteAnchor(sizeBytes));
    const connection = await bed.connect();
    connection.server.send(...stream);
    expect(await reached(armed)).toMatchObject({ offset: sizeBytes, heldBy: "server-face" });
    await goAroundElsewhere();
    await connection.client.has(streamBytes.subarray(0, sizeBytes));
    armed.release();
    await connection.client.has(...stream);
  });

  it("holds what the client sends", async () => {
    await open();
    const armed = bed.arm(byteAnchor(3, "to-server"));
    const { client, server } = await bed.connect();
    client.send(conversation.create);
    expect(await reached(armed)).toMatchObject({ offset: 3, heldBy: "client-face" });
    await goAroundElsewhere();
    await server.has(conversation.create.subarray(0, 3));
    armed.release();
    await server.has(conversation.create);
  });

  it("at byte 0 of the client is reached with its upgrade, whose answer waits too", async () => {
    await open({ answer: (socket) => socket.write(ANSWER_HEAD) });
    const armed = bed.arm(byteAnchor(0, "to-server"));
    const connecting = bed.connect();
    expect(await reached(armed)).toMatchObject({ offset: 0, heldBy: "client-face" });
    armed.release();
    const { client, server } = await connecting;
    client.send(conversation.create);
    await server.has(conversation.create);
  });

  it("at the end of a frame, leaves no message behind that came through whole", async () => {
    await open();
    const armed = bed.arm(byteAnchor(first.length));
    const connection = await bed.connect();
    connection.server.send(first);
    await reached(armed);
    expect(bed.lines()).toEqual(expect.arrayContaining(["server-face a", "client-face a"]));
    armed.release();
  });

  it("is decided by its message where it has one", async () => {
    await open();
    const armed = bed.arm({ kind: "bytes", direction: "to-client", sizeBytes: 1, event: eventAnchor("b") });
    const connection = await bed.connect();
    connection.server.send(...stream);
    expect(await reached(armed)).toMatchObject({ offset: first.length + second.length });
    armed.release();
    await connection.client.has(...stream);
  });
});

describe("several faults", () => {
  it.each<[string, Anchor]>([
    ["after a message", eventAnchor("b")],
    ["before a message", eventAnchor("b", { edge: "before" })],
    ["inside a message", eventAnchor("b", { edge: "inside", byteInFrame: 4 })],
    ["at a byte", byteAnchor(first.length + 4)],
    ["at the last byte that came", byteAnchor(streamBytes.length)],
    ["at byte 0", byteAnchor(0)],
    ["at the upgrade", pointAnchor("P1")],
  ])("on one anchor %s are reached together, and hold until the last lets go", async (_where, anchor) => {
    await open();
    const armed = [bed.arm(anchor), bed.arm(anchor), bed.arm(anchor)];
    const connection = await bed.connect();
    connection.server.send(...stream);
    const sites = await Promise.all(armed.map(reached));
    const [site] = sites;
    expect(sites).toEqual([site, site, site]);
    armed[1]?.release();
    armed[0]?.release();
    await goAroundElsewhere();
    await connection.client.has(streamBytes.subarray(0, site?.offset));
    armed[2]?.release();
    await connection.client.has(...stream);
  });

  it("on one place, named in different ways, are reached without another byte of the peer", async () => {
    await open();
    const armed = [bed.arm(eventAnchor("b")), bed.arm(byteAnchor(first.length + second.length))];
    const connection = await bed.connect();
    connection.server.send(first, second);
    for (const one of armed) {
      expect(await reached(one)).toMatchObject({ offset: first.length + second.length });
      one.release();
    }
  });

  it("on places that follow each other are reached one after the other", async () => {
    await open();
    const anchors = [
      byteAnchor(2),
      eventAnchor("a"),
      eventAnchor("b", { edge: "before" }),
      eventAnchor("b", { edge: "inside", byteInFrame: 3 }),
      byteAnchor(first.length + 4),
      eventAnchor("b"),
    ];
    const armed = anchors.map((anchor) => bed.arm(anchor));
    const connection = await bed.connect();
    connection.server.send(...stream);
    const offsets: (number | undefined)[] = [];
    for (const one of armed) {
      offsets.push((await reached(one)).offset);
      one.release();
    }
    const end = first.length;
    expect(offsets).toEqual([2, end, end, end + 3, end + 4, end + second.length]);
    await connection.client.has(...stream);
  });
});

describe("protocol points", () => {
  it("P0: the server sees nothing of a dial that is held", async () => {
    await open();
    const armed = bed.arm(pointAnchor("P0"));
    await bed.dial();
    expect(await reached(armed)).toMatchObject({ connection: 0, heldBy: "client-face" });
    expect(bed.lines()).toEqual(["client-face dialled"]);
    armed.release();
    await bed.served(0);
  });

  it("P1: the client has the answer of the upgrade, and nothing that the server sent with it", async () => {
    await open({ answer: (socket) => socket.write(Buffer.concat([Buffer.from(ANSWER_HEAD), streamBytes])) });
    const armed = bed.arm(pointAnchor("P1"));
    const connection = await bed.connect();
    expect(await reached(armed)).toMatchObject({ offset: 0, direction: "to-client" });
    await goAroundElsewhere();
    await connection.client.has();
    armed.release();
    await connection.client.has(...stream);
  });

  it("P1: is not reached by an upgrade that was refused", async () => {
    await open({ answer: (socket) => socket.write("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") });
    const armed = bed.arm(pointAnchor("P1"));
    const { client } = await bed.connect();
    expect(client.head).toContain("503");
    armed.disarm("over");
    expect(await armed.outcome).toEqual({ kind: "missed", why: "over" });
  });

  const parts: readonly (readonly [ProtocolPoint, Buffer, "client" | "server"])[] = [
    ["P2", conversation.create, "client"],
    ["P3", conversation.created, "server"],
    ["P4", conversation.added, "server"],
    ["P5", conversation.argumentsDelta, "server"],
    ["P6", conversation.done, "server"],
    ["P7", conversation.completed, "server"],
    ["P10", conversation.createAfterTool, "client"],
    ["P11", conversation.createdAfterTool, "server"],
    ["P12", conversation.textDelta, "server"],
    ["P13", conversation.completedTurn, "server"],
  ];

  it.each(parts.map(([point]) => point))(
    "%s: holds behind its last byte, and its kind of frame alone",
    async (point) => {
      await open();
      const armed = bed.arm(pointAnchor(point));
      const { client, server } = await bed.connect();
      const place = parts.findIndex(([name]) => name === point);
      for (const [, bytes, sender] of parts.slice(0, place + 1)) {
        const [from, to] = sender === "client" ? [client, server] : [server, client];
        const before = to.bytes.length;
        from.send(bytes);
        await until("the frame", () => to.bytes.length === before + bytes.length);
      }
      const sender = parts[place]?.[2];
      const [from, to] = sender === "client" ? [client, server] : [server, client];
      const site = await reached(armed);
      expect(site).toMatchObject({ heldBy: `${sender}-face`, offset: to.bytes.length });
      const behind = createFrame("behind");
      const cameBack = from.bytes.length;
      from.send(behind);
      to.send(behind);
      await goAroundElsewhere();
      expect([to.bytes.length, from.bytes.length]).toEqual([site.offset, cameBack]);
      armed.release();
      await until("what was held", () => to.bytes.length === (site.offset ?? 0) + behind.length);
      await until("the other way", () => from.bytes.length === cameBack + behind.length);
    },
  );

  it("are in the events of both faces", async () => {
    await open();
    const { client, server } = await bed.connect();
    for (const [, bytes, sender] of parts) {
      const [from, to] = sender === "client" ? [client, server] : [server, client];
      const before = to.bytes.length;
      from.send(bytes);
      await until("the frame", () => to.bytes.length === before + bytes.length);
    }
    const names = parts.map(([point]) => point);
    for (const face of ["client-face", "server-face"] as const) {
      await until("both faces", () => bed.lines(face).filter((line) => / P\d+$/.test(line)).length === names.length);
      expect(bed.lines(face).flatMap((line) => / (P\d+)$/.exec(line)?.[1] ?? [])).toEqual(names);
    }
  });
});

describe("without an anchor", () => {
  it.each(DIRECTIONS)("every byte passes as it came, %s", async (direction) => {
    await open();
    const { client, server } = await bed.connect();
    const [from, to] = direction === "to-client" ? [server, client] : [client, server];
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 251));
    from.send(noise);
    await to.has(noise);
    from.send(noise.subarray(0, 3));
    await to.has(noise, noise.subarray(0, 3));
    expect(bed.lines()).not.toContain("client-face ended in");
  });
});
