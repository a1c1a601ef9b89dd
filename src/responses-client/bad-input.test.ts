import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../protocol/json.ts";
import { createBackoff, createLiveness } from "./index.ts";
import { type Answer, respondFresh, send, startScriptedServer, whole, wireOf } from "./scripted-server.test-support.ts";
import { openTestSession, start, visibleText } from "./session-fixture.test-support.ts";

const ok = respondFresh({ text: "ok" });
const OK = { outcome: "completed", text: "ok" };
const raw =
  (...frames: (string | Buffer)[]): Answer =>
  (peer) =>
    frames.forEach((frame) => peer.send(frame));

/** Bytes on the wire that are no WebSocket frame of a server. */
const bytes =
  (...octets: number[]): Answer =>
  (peer) =>
    wireOf(peer).write(Buffer.from(octets));

describe("a server that sends what it must not", () => {
  const cases: [string, Answer][] = [
    ["text that is no JSON", raw("{")],
    ["JSON that is no object", raw("[1]")],
    ["an empty message", raw("")],
    ["a binary message that is no JSON", raw(Buffer.from([1, 2, 3]))],
    ["a reserved opcode", bytes(0x83, 0)],
    ["a reserved bit", bytes(0xc1, 1, 0x61)],
    ["a masked frame", bytes(0x81, 0x81, 1, 2, 3, 4, 0x61)],
    ["bad UTF-8", bytes(0x81, 2, 0xc3, 0x28)],
    ["a continuation of nothing", bytes(0x80, 1, 0x61)],
    ["a frame longer than anybody allows", bytes(0x81, 127, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ["half a frame and silence", bytes(0x81, 20, 0x7b)],
    ["a message above the limit", raw(JSON.stringify({ type: "x", filler: "x".repeat(20_000) }))],
  ];

  it.each(cases)("%s: the attempt fails and the next one succeeds", async (_name, answer) => {
    const { turn, server } = await start({ answers: [answer, ok] }, { limits: { messageSizeBytesMax: 10_000 } });
    expect(await turn("go")).toEqual(OK);
    expect(server.creates[1]?.connection).toBe(2);
  });

  it.each(cases)("%s, while idle: the next turn succeeds", async (_name, answer) => {
    const { turn, server } = await start({ answers: [ok, ok] }, { limits: { messageSizeBytesMax: 10_000 } });
    await turn("go");
    const seen = server.creates[0];
    if (seen !== undefined) answer(server.peer(), seen);
    expect(await turn("next")).toEqual(OK);
  });

  it("an endless response is left at its bound", async () => {
    const endless: Answer = (peer) => {
      send(peer, { type: "response.created", response: { id: "resp_1" } });
      for (let index = 0; index < 50; index += 1)
        send(peer, { type: "response.output_text.delta", delta: "x".repeat(1000) });
    };
    const { turn, server } = await start(
      { answers: [endless, ok] },
      { limits: { responseSizeBytesMax: 20_000 }, policies: { liveness: createLiveness() } },
    );
    expect(await turn("go")).toEqual(OK);
    expect(server.creates[1]?.connection).toBe(2);
  });

  it("unknown events, fields and items of unknown kinds pass", async () => {
    const odd: Answer = (peer) => {
      send(peer, { type: "codex.rate_limits" });
      for (const event of whole("resp_1", { text: "ok" })) {
        send(peer, { type: "response.new_thing", response_id: "resp_1" });
        send(peer, { ...event, extra: { deep: [null] } });
      }
    };
    const { turn, server } = await start({ answers: [odd] });
    expect(await turn("go")).toEqual(OK);
    expect(server.creates).toHaveLength(1);
  });

  it("deltas that are not what the finished item says are taken back", async () => {
    const events = whole("resp_1", { text: "ok" }).map((event) =>
      event["type"] === "response.output_text.delta" ? { ...event, delta: "no" } : event,
    );
    const { turn, surface } = await start({ answers: [(peer) => events.forEach((event) => send(peer, event))] });
    expect(await turn("go")).toEqual(OK);
    expect(visibleText(surface)).toBe("ok");
    expect(surface).toContainEqual({ kind: "text-retracted", text: "nono" });
  });

  it("events in binary messages are read like those in text messages", async () => {
    const binary = whole("resp_1", { text: "ok" }).map((event) => Buffer.from(JSON.stringify(event)));
    const { turn } = await start({ answers: [raw(...binary)] });
    expect(await turn("go")).toEqual(OK);
  });

  it("events of another lane, of another response, and of a response that ended are nobody's", async () => {
    const foreign: Answer = (peer) => {
      for (const event of whole("resp_0", { text: "other lane" })) send(peer, { ...event, stream_id: "lane" });
      send(peer, { type: "response.completed", response: { id: "resp_0", output: [] } });
      const [created, ...rest] = whole("resp_1", { text: "ok" });
      send(peer, created ?? {});
      send(peer, { type: "response.failed", response: { id: "resp_0", error: { code: "server_error" } } });
      rest.forEach((event) => send(peer, event));
      rest.forEach((event) => send(peer, event));
    };
    const { turn, server } = await start({ answers: [foreign, ok] });
    expect(await turn("go")).toEqual(OK);
    expect(await turn("next")).toEqual(OK);
    expect(server.creates.map((create) => create.connection)).toEqual([1, 1]);
  });
});

describe("a response id of earlier", () => {
  it("does not begin the next response", async () => {
    const old = whole("resp_1", { text: "one" });
    const late: Answer = (peer, create) => {
      for (const event of [...old.slice(0, 1), ...old.slice(-2)]) send(peer, event);
      ok(peer, create);
    };
    const { turn, server } = await start({ answers: [(peer) => old.forEach((event) => send(peer, event)), late] });
    await turn("go");
    expect(await turn("next")).toEqual(OK);
    expect(server.creates).toHaveLength(2);
  });
});

describe("the send queue", () => {
  it("refuses a request above its bound before anything is written, and the session stays usable", async () => {
    const { turn, server } = await start({ answers: [ok] }, { limits: { sendQueueSizeBytesMax: 2_000 } });
    expect(await turn("x".repeat(3_000))).toEqual({
      outcome: "failed",
      cause: "the request of 3000 bytes does not fit the send queue of 2000 bytes",
    });
    expect(server.creates).toHaveLength(0);
    expect(await turn("short")).toEqual(OK);
  });
});

const item = fc.oneof(
  fc.record({
    type: fc.constant("function_call"),
    call_id: fc.constantFrom("call_1", "call_2"),
    name: fc.constant("perform"),
  }),
  fc.record({ type: fc.constant("message"), role: fc.constant("assistant"), content: fc.jsonValue() }),
  fc.dictionary(fc.constantFrom("type", "call_id", "name", "arguments", "content", "role"), fc.jsonValue()),
);
const wild = fc.record(
  {
    type: fc.constantFrom(
      "response.created",
      "response.output_item.done",
      "response.output_text.delta",
      "response.completed",
      "response.failed",
      "response.incomplete",
      "response.done",
      "error",
      "response.error",
      "other",
    ),
    response: fc.oneof(fc.jsonValue(), fc.record({ id: fc.constantFrom("resp_1", "resp_2"), output: fc.array(item) })),
    item,
    output_index: fc.oneof(fc.nat(3), fc.jsonValue()),
    delta: fc.jsonValue(),
    error: fc.jsonValue(),
    sequence_number: fc.oneof(fc.nat(12), fc.jsonValue()),
  },
  { requiredKeys: ["type"] },
);
const regular = whole("resp_1", { text: "hm", calls: [{ id: "call_1" }, { id: "call_2", arguments: '{"a":1}' }] });
/** A regular stream with events left out, repeated, swapped and mixed with wild ones. */
const stream = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.nat(regular.length - 1) }, wild), { maxLength: 12 })
  .map((picks) => picks.map((pick): JsonObject => (typeof pick === "number" ? (regular[pick] ?? {}) : pick)));
const end = fc.constantFrom<"silent" | "regular" | "cut" | 1000 | 1008 | 1012>(
  "silent",
  "regular",
  "cut",
  1000,
  1008,
  1012,
);

function play(server: readonly JsonObject[], how: "silent" | "regular" | "cut" | number): Answer {
  return (peer) => {
    for (const event of server) send(peer, event);
    if (how === "regular") regular.forEach((event) => send(peer, event));
    if (how === "cut") peer.terminate();
    if (typeof how === "number") peer.close(how);
  };
}

/** Calls and outputs of a full input that have no counterpart in the right place. */
function unpaired(input: readonly JsonObject[]): string[] {
  const open: string[] = [];
  const problems: string[] = [];
  for (const { type, call_id: callId } of input) {
    if (type === "function_call") open.push(String(callId));
    if (type !== "function_call_output") continue;
    const index = open.indexOf(String(callId));
    if (index === -1) problems.push(`output ${String(callId)}`);
    else open.splice(index, 1);
  }
  return [...problems, ...open];
}

describe("generated event streams", () => {
  it("never throw: each turn has one of two outcomes, the input stays paired, and a probe turn completes", async () => {
    const plays = fc.array(fc.tuple(stream, end), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(plays, async (played) => {
        let isHealed = false;
        const answers = played.map(([events, how]) => play(events, how));
        let creates = 0;
        const answer: Answer = (peer, create) => {
          creates += 1;
          if (isHealed) ok(peer, create);
          else answers[(creates - 1) % answers.length]?.(peer, create);
        };
        const server = await startScriptedServer({ answers: [answer] });
        const client = openTestSession({
          url: server.url,
          limits: { responsesPerTurnMax: 6 },
          policies: {
            backoff: createBackoff({ baseMs: 1, capMs: 2, attemptsMax: 2 }),
            liveness: createLiveness({ pingIntervalMs: 0, idleDeadlineMs: 20 }),
          },
        });
        const result = await client.turn("go");
        isHealed = true;
        const probe = await client.turn("probe");
        await client.session.close();
        await server.close();
        expect(["completed", "failed"]).toContain(result.outcome);
        expect(probe).toEqual(OK);
        const full = server.creates.filter(({ body }) => body["previous_response_id"] === undefined);
        expect(full.flatMap(({ input }) => unpaired(input))).toEqual([]);
      }),
      { numRuns: 60, seed: 4, endOnFailure: false },
    );
  });
});
