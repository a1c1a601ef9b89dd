import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import type { Direction } from "../../protocol/direction.ts";
import { OPCODE } from "../../protocol/frame-scanner.ts";
import { wsFrame } from "../../protocol/ws-frame.test-support.ts";
import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { ANSWER_HEAD, REQUEST_HEAD } from "../tap/wire-bed.test-support.ts";
import { openTapBed, type TapBed } from "./tap-bed.test-support.ts";
import { decodeTapReport, encodeTapMessage, type TapOrder, type TapReport, type WithBytes } from "./tap-messages.ts";

const streams = process.env["HARNESS_FULL"] === undefined ? 200 : 5_000;

let bed: TapBed;
afterEach(async () => await bed.close());

type Sent = { readonly opcode: number; readonly isFinal: boolean; readonly payload: Buffer };

const sizes = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 140 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537) },
  { weight: 1, arbitrary: fc.integer({ min: 141, max: 200_000 }) },
);
const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(...Object.values(OPCODE)),
    isFinal: fc.boolean(),
    payload: sizes.map((size) => Buffer.alloc(size, "payload of a frame")),
  }),
  { maxLength: 6 },
);

function encode(sent: readonly Sent[], mask: boolean): readonly Buffer[] {
  return sent.map(({ payload, opcode, isFinal }) => wsFrame(payload, { opcode, mask, fin: isFinal }));
}

/** Where ws's frames end, and what kind they are. */
function endsOf(sent: readonly Sent[], bytes: readonly Buffer[]): readonly string[] {
  let offset = 0;
  return sent.map(({ opcode, isFinal }, index) => {
    offset += bytes[index]?.length ?? 0;
    return `${index} ${opcode} ${isFinal} ${offset}`;
  });
}

function framesTold(id: number, direction: Direction): readonly string[] {
  return bed.events.flatMap((event) =>
    event.kind === "frame" && event.id === id && event.direction === direction
      ? [`${event.index} ${event.opcode} ${event.isFinal} ${event.endOffset}`]
      : [],
  );
}

function kindsOf(id: number): readonly string[] {
  return bed.events.filter((event) => event.id === id).map(({ kind }) => kind);
}

describe("a tap that nobody steers", () => {
  it(`passes ${2 * streams} random streams of frames byte by byte, and tells their ends as ws has them`, async () => {
    bed = await openTapBed();
    let id = -1;
    await fc.assert(
      fc.asyncProperty(frames, frames, async (up, down) => {
        id += 1;
        const { client, server } = await bed.upgrade();
        const [upBytes, downBytes] = [encode(up, true), encode(down, false)];
        client.chunks.length = 0;
        server.chunks.length = 0;
        for (const bytes of upBytes) client.write(bytes);
        for (const bytes of downBytes) server.write(bytes);
        client.socket.end();
        await until("the client's end", () => server.hasEnded);
        // The client has ended its side and still gets everything.
        server.socket.end();
        await until("the server's end", () => client.hasEnded);
        expect(Buffer.concat(server.chunks).equals(Buffer.concat(upBytes))).toBe(true);
        expect(Buffer.concat(client.chunks).equals(Buffer.concat(downBytes))).toBe(true);
        await until("the events", () => kindsOf(id).includes("closed"));
        expect(framesTold(id, "to-server")).toEqual(endsOf(up, upBytes));
        expect(framesTold(id, "to-client")).toEqual(endsOf(down, downBytes));
        (bed.events as unknown[]).length = 0;
      }),
      { numRuns: streams, seed: 1 },
    );
    expect(id + 1).toBe(streams);
  });

  it("takes the offer of extensions out of the upgrade, and says so", async () => {
    bed = await openTapBed();
    const { server } = await bed.upgrade();
    expect(server.text()).toBe(REQUEST_HEAD.replace(/Sec-WebSocket-Extensions: .*\r\n/, ""));
    await until("the event", () => kindsOf(0).includes("upgrade-requested"));
    expect(bed.events).toContainEqual({
      kind: "upgrade-requested",
      path: "/v1/responses",
      extensionsRemoved: true,
      slot: 0,
      id: 0,
    });
  });

  it("mirrors an RST of either side", async () => {
    bed = await openTapBed();
    const first = await bed.upgrade();
    first.client.socket.resetAndDestroy();
    await first.server.seesReset();
    const second = await bed.upgrade();
    second.server.socket.resetAndDestroy();
    await second.client.seesReset();
    expect(bed.events.filter(({ kind }) => kind === "ended")).toEqual([]);
  });

  it("slows the sender down when the reader does not read", async () => {
    bed = await openTapBed();
    const { client, server } = await bed.upgrade();
    client.socket.pause();
    const large = wsFrame(Buffer.alloc(64 * 1024 * 1024), { opcode: OPCODE.binary });
    server.write(large);
    // What the sockets and the tap take is far less than the whole, and they take no more for all the events to come.
    expect(server.socket.writableLength).toBeGreaterThan(0);
    for (let trip = 0; trip < 50; trip += 1) await fetch(`${bed.tap.controlUrl}/health`);
    expect(server.socket.writableLength).toBe(large.length);
    client.socket.resume();
    await until("everything", () => client.sizeBytes === ANSWER_HEAD.length + large.length);
  });

  it("answers on its control API who it is, and nothing to web pages", async () => {
    bed = await openTapBed(3);
    const health = await fetch(`${bed.tap.controlUrl}/health`);
    expect([health.status, await health.json()]).toEqual([200, { slots: 3 }]);
    const other = await fetch(`${bed.tap.controlUrl}/other`);
    expect(other.status).toBe(404);
    const page = await fetch(`${bed.tap.controlUrl}/health`, { headers: { origin: "http://evil.example" } });
    expect(page.status).toBe(403);
  });
});

type Steerer = {
  readonly reports: readonly WithBytes<TapReport>[];
  readonly channel: WebSocket;
  order(order: TapOrder, bytes?: Buffer): void;
  /** Waits for the first report of a kind behind those looked at before. */
  next(kind: TapReport["kind"]): Promise<WithBytes<TapReport>>;
};

function openSteerer(slots: readonly number[]): Steerer {
  const reports: WithBytes<TapReport>[] = [];
  const channel = new WebSocket(`${bed.tap.controlUrl.replace("http", "ws")}/steer`);
  channel.on("message", (data: Buffer) => {
    const report = decodeTapReport(data);
    if (report !== undefined) reports.push(report);
  });
  const order = (message: TapOrder, bytes?: Buffer): void => channel.send(encodeTapMessage(message, bytes));
  channel.on("open", () => order({ kind: "steer", slots }));
  let looked = 0;
  return {
    reports,
    channel,
    order,
    async next(kind) {
      const found = (): number => reports.findIndex(({ message }, index) => index >= looked && message.kind === kind);
      await until(`the report "${kind}"`, () => found() !== -1);
      looked = found() + 1;
      const report = reports[looked - 1];
      if (report === undefined) throw new RangeError("no report");
      return report;
    },
  };
}

describe("a tap that is steered", () => {
  it("holds what the target sends, and passes what it is told instead", async () => {
    bed = await openTapBed();
    const steerer = openSteerer([0]);
    await steerer.next("steered");
    const { client, server } = await bed.connect();
    client.write(REQUEST_HEAD.replace("\r\n\r\n", "\r\nX-Cutwire-Dial: 7\r\n\r\n"));
    const connected = await steerer.next("connected");
    expect(connected.message).toEqual({ kind: "connected", id: 0, slot: 0, dial: "7" });
    const request = await steerer.next("bytes");
    expect(server.text()).toBe("");
    steerer.order({ kind: "pass", id: 0, direction: "to-server", isOpen: true }, request.bytes);
    await server.hasText(REQUEST_HEAD.replace(/Sec-WebSocket-Extensions: .*\r\n/, ""));
    const written = await steerer.next("written");
    expect(written.message).toEqual({ kind: "written", id: 0, totalBytes: server.text().length });
    server.write(ANSWER_HEAD);
    const answer = await steerer.next("bytes");
    expect([answer.bytes.toString(), client.text()]).toEqual([ANSWER_HEAD, ""]);
    server.write("behind it");
    steerer.order({ kind: "pass", id: 0, direction: "to-client", isOpen: false }, Buffer.from("something else"));
    await client.hasText("something else");
    steerer.order({ kind: "pass", id: 0, direction: "to-client", isOpen: true });
    const behind = await steerer.next("bytes");
    expect(behind.bytes.toString()).toBe("behind it");
    server.socket.end();
    await steerer.next("ended");
    expect(client.hasEnded).toBe(false);
    steerer.order({ kind: "pass", id: 0, direction: "to-client", isOpen: true }, behind.bytes);
    await client.seesEnd();
    expect(client.text()).toBe("something elsebehind it");
    steerer.channel.terminate();
  });

  it("lets nobody steer a port that somebody steers, and ends its connections when that one is gone", async () => {
    bed = await openTapBed(2);
    const first = openSteerer([0]);
    await first.next("steered");
    const second = openSteerer([0, 1]);
    const refused = await second.next("refused");
    expect(refused.message).toEqual({ kind: "refused", why: "port 0 of the tap is steered by somebody else" });
    const { client } = await bed.connect();
    client.write("x");
    first.channel.terminate();
    await client.seesReset();
    second.order({ kind: "steer", slots: [0, 1] });
    await second.next("steered");
    second.channel.terminate();
  });

  it("closes a channel that says something else than orders", async () => {
    bed = await openTapBed();
    const steerer = openSteerer([0]);
    await steerer.next("ready");
    steerer.channel.send("no order");
    await until("the end of the channel", () => steerer.channel.readyState === WebSocket.CLOSED);
    expect(steerer.reports.map(({ message }) => message.kind)).not.toContain("connected");
  });
});
