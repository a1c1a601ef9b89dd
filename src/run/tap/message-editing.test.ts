import { afterEach, describe, expect, it } from "vitest";

import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { conversation, createFrame, serverFrame } from "./conversation.test-support.ts";
import { DROPPED, KEPT_BACK, type MessageEdit, type PassingMessage, serverMessage, behind } from "./message-editor.ts";
import { eventAnchor, frame, goAroundElsewhere, openWireBed, reached, type WireBed } from "./wire-bed.test-support.ts";

let bed: WireBed;
afterEach(async () => await bed.close());

const TO_CLIENT = { connection: 0, direction: "to-client" } as const;

/** What the faces wrote down of messages to the client: `"server-face delta dropped"`. */
function toClient(): readonly string[] {
  return bed.recorder.events().flatMap((event) => {
    if (event.kind !== "message" || event.direction !== "to-client") return [];
    return [[event.source, event.type, event.altered].filter((part) => part !== undefined).join(" ")];
  });
}

function onType(type: string, edit: (message: PassingMessage) => MessageEdit): void {
  bed.wire.faces.addEditor({
    direction: "to-client",
    edit: (message) => (message.unit.kind === "message" && message.unit.type === type ? edit(message) : undefined),
  });
}

describe("an editor at the faces", () => {
  it("drops a message: the server's face tells of it, the client's never does", async () => {
    bed = await openWireBed();
    onType("middle", () => DROPPED);
    const { client, server } = await bed.connect();
    server.send(serverFrame("first"), serverFrame("middle"), serverFrame("last"));
    await client.has(serverFrame("first"), serverFrame("last"));
    await until("the last delivery", () => toClient().includes("client-face last"));
    expect(toClient()).toEqual([
      "server-face first",
      "server-face middle dropped",
      "server-face last",
      "client-face first",
      "client-face last",
    ]);
  });

  it.each([1, 7, 1_000])("works on whole messages, in whatever pieces of %i bytes they come", async (size) => {
    bed = await openWireBed();
    onType("middle", ({ unit }) => ({
      pieces: [serverMessage({ type: "other" }, unit.frame, { altered: "replaced", labelsOf: unit })],
    }));
    const { client, server } = await bed.connect();
    const bytes = Buffer.concat([serverFrame("first"), serverFrame("middle"), serverFrame("last")]);
    for (let start = 0; start < bytes.length; start += size) server.send(bytes.subarray(start, start + size));
    await client.has(serverFrame("first"), serverFrame("other"), serverFrame("last"));
    await until("the last delivery", () => toClient().includes("client-face last"));
    expect(toClient()).toContain("server-face middle");
    expect(toClient()).toContain("client-face other replaced");
  });

  it("sees a message in several frames as one, and lets it pass frame by frame", async () => {
    bed = await openWireBed();
    const seen: string[] = [];
    const { client, server } = await bed.connect();
    bed.wire.faces.addEditor({
      direction: "to-client",
      edit({ unit }) {
        seen.push(unit.kind === "message" ? unit.type : unit.kind);
        return unit.kind === "message" && unit.type === "dropped" ? DROPPED : undefined;
      },
    });
    const parts = (text: string): Buffer[] => [
      frame(text.slice(0, 5), { fin: false }),
      frame("", { opcode: 9 }),
      frame(text.slice(5), { opcode: 0 }),
    ];
    const [one, ping, other] = parts('{"type":"kept"}');
    server.send(...parts('{"type":"dropped"}'), ...parts('{"type":"kept"}'));
    await client.has(...[ping, ping, one, other].map((part) => part ?? Buffer.alloc(0)));
    expect(seen).toEqual(["control", "dropped", "control", "kept"]);
  });

  it("leaves a message alone whose beginning has gone out already", async () => {
    bed = await openWireBed();
    const { client, server } = await bed.connect();
    const first = serverFrame("delta", { n: 1 });
    server.send(first.subarray(0, 10));
    await until("its beginning", () => client.bytes.length === 10);
    onType("delta", () => DROPPED);
    server.send(first.subarray(10), serverFrame("delta", { n: 2 }), serverFrame("end"));
    await client.has(first, serverFrame("end"));
    expect(toClient()).toEqual(expect.arrayContaining(["server-face delta", "server-face delta dropped"]));
  });

  it("makes an anchor of a message that it drops missed, and keeps the others where they are", async () => {
    bed = await openWireBed();
    onType("middle", () => DROPPED);
    const dropped = bed.arm(eventAnchor("middle"));
    const behindIt = bed.arm(eventAnchor("last"));
    const { client, server } = await bed.connect();
    server.send(serverFrame("middle"), serverFrame("last"), serverFrame("more"));
    expect(await dropped.outcome).toMatchObject({ kind: "missed" });
    await reached(behindIt);
    await client.has(serverFrame("last"));
    behindIt.release();
    await client.has(serverFrame("last"), serverFrame("more"));
  });

  it("is asked no more when it is removed", async () => {
    bed = await openWireBed();
    const editor = bed.wire.faces.addEditor({ direction: "to-client", edit: () => KEPT_BACK });
    const { client, server } = await bed.connect();
    server.send(serverFrame("lost"));
    await until("the message", () => toClient().length === 1);
    editor.remove();
    server.send(serverFrame("seen"));
    await client.has(serverFrame("seen"));
    expect(toClient().slice(0, 2)).toEqual(["server-face lost", "server-face seen"]);
  });
});

describe("a message that is put in", () => {
  const inject = async (type: string): Promise<void> =>
    await bed.wire.faces.insert(TO_CLIENT, () => [
      serverMessage({ type }, behind(bed.wire.faces.lastUnit(TO_CLIENT)), { altered: "injected" }),
    ]);

  it("comes to an idle connection at once, and is the client's face's alone", async () => {
    bed = await openWireBed();
    const { client } = await bed.connect();
    await inject("error");
    await client.has(serverFrame("error"));
    expect(toClient()).toEqual(["client-face error injected"]);
  });

  it.each([0, 30])("waits for the end of the message that is under way (latency %i ms)", async (latency) => {
    bed = await openWireBed();
    if (latency > 0) await bed.wire.addToxic({ type: "latency", direction: "to-client", attributes: { latency } });
    const { client, server } = await bed.connect();
    const long = serverFrame("long", { text: "x".repeat(500) });
    server.send(long.subarray(0, 100));
    await until("its beginning", () => client.bytes.length === 100);
    const inserting = inject("error");
    server.send(long.subarray(100), serverFrame("next"));
    await inserting;
    await client.has(long, serverFrame("error"), serverFrame("next"));
    await until("the last delivery", () => toClient().includes("client-face next"));
    expect(toClient().filter((line) => line.startsWith("client-face"))).toEqual([
      "client-face long",
      "client-face error injected",
      "client-face next",
    ]);
  });

  it("comes right behind the anchor's message, and before what an anchor holds", async () => {
    bed = await openWireBed();
    const armed = bed.arm(eventAnchor("response.created"));
    const { client, server } = await bed.connect();
    server.send(conversation.created, conversation.added);
    await reached(armed);
    await inject("error");
    armed.release();
    await client.has(conversation.created, serverFrame("error"), conversation.added);
    expect(toClient()).toContain("client-face error injected");
  });

  it("moves no anchor behind it, not even one of bytes", async () => {
    bed = await openWireBed();
    const { client, server } = await bed.connect();
    await inject("error");
    const armed = bed.arm({ kind: "bytes", direction: "to-client", sizeBytes: 10 });
    server.send(conversation.created);
    expect((await reached(armed)).offset).toBe(10);
    await client.has(serverFrame("error"), conversation.created.subarray(0, 10));
    armed.release();
    await client.has(serverFrame("error"), conversation.created);
  });

  it("is refused where the connection is gone, was never dialled, or has not been upgraded", async () => {
    bed = await openWireBed({ answer: () => undefined });
    const client = await bed.dial();
    await bed.served(0);
    await expect(inject("error")).rejects.toThrow("has not been upgraded");
    client.seen.socket.destroy();
    await bed.wire.connectionGone(0);
    await expect(bed.wire.faces.insert({ connection: 3, direction: "to-client" }, () => [])).rejects.toThrow(
      "no connection 3",
    );
  });

  it("is refused while the connection goes, and never made then", async () => {
    bed = await openWireBed();
    const { client, server } = await bed.connect();
    server.send(serverFrame("long", { text: "x".repeat(500) }).subarray(0, 100));
    await until("its beginning", () => client.bytes.length === 100);
    let isMade = false;
    const inserting = bed.wire.faces.insert(TO_CLIENT, () => {
      isMade = true;
      return [];
    });
    client.seen.socket.destroy();
    await expect(inserting).rejects.toThrow("gone before");
    await goAroundElsewhere();
    expect(isMade).toBe(false);
  });
});

describe("the requests of a connection", () => {
  it("are open from the create to the end of their response, each in its lane", async () => {
    bed = await openWireBed();
    const { client, server } = await bed.connect();
    client.send(conversation.create, createFrame("side", { stream_id: "b" }));
    await until("both creates", () => bed.wire.faces.requestCount(0, "b") === 1);
    server.send(serverFrame("response.created", { sequence_number: 0, response: { id: "resp_1" } }));
    await until("the answer", () => bed.wire.faces.oldestRequest(0)?.response !== undefined);
    expect(bed.wire.faces.oldestRequest(0)).toEqual({
      lane: undefined,
      response: { id: "resp_1" },
      nextSequenceNumber: 1,
    });
    server.send(conversation.completed);
    await until("its end", () => bed.wire.faces.requestCount(0, undefined) === 0);
    expect(bed.wire.faces.oldestRequest(0)).toMatchObject({ lane: "b" });
  });
});
