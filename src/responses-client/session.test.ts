import { describe, expect, it } from "vitest";

import { HarnessError } from "../errors.ts";
import { respond, respondFresh, respondUntil, send, whole } from "./scripted-server.test-support.ts";
import { openTestSession, start, visibleText } from "./session-fixture.test-support.ts";
import { createMemoryJournal, type Journal, responsesUrl } from "./index.ts";

describe("a session without faults", () => {
  it("completes a turn of text, shows its deltas and sends the key", async () => {
    const { turn, surface, server } = await start({ answers: [respond("resp_1", { text: "sunny" })] });
    expect(await turn("weather?")).toEqual({ outcome: "completed", text: "sunny" });
    expect(visibleText(surface)).toBe("sunny");
    expect(server.authorizations).toEqual(["Bearer key"]);
    expect(server.creates[0]?.body).toMatchObject({
      type: "response.create",
      model: "model-1",
      store: false,
      include: ["reasoning.encrypted_content"],
      input: [{ type: "message", role: "user", content: "weather?" }],
    });
    expect(server.creates[0]?.body).not.toHaveProperty("previous_response_id");
  });

  it("answers a call and chains the output alone on the same connection", async () => {
    const { turn, server, runs } = await start({
      answers: [
        respond("resp_1", { calls: [{ id: "call_1", arguments: '{"seat":1}' }] }),
        respond("resp_2", { text: "booked" }),
      ],
    });
    expect(await turn("book")).toEqual({ outcome: "completed", text: "booked" });
    expect(runs).toEqual(['{"seat":1}']);
    expect(server.creates[1]?.body).toMatchObject({
      previous_response_id: "resp_1",
      input: [{ type: "function_call_output", call_id: "call_1", output: 'done {"seat":1}' }],
    });
    expect(server.dialsAtMs).toHaveLength(1);
  });

  it("drops an answered call that comes again within another response, which does not list it", async () => {
    const first = whole("resp_1", { calls: [{ id: "call_1" }] });
    const [{ sequence_number: _number, ...done } = {}] = first.filter(
      ({ type }) => type === "response.output_item.done",
    );
    const second = whole("resp_2", { text: "booked" });
    const { turn, server, runs } = await start({
      answers: [
        respond("resp_1", { calls: [{ id: "call_1" }] }),
        (peer) => [...second.slice(0, -1), done, ...second.slice(-1)].forEach((event) => send(peer, event)),
        respond("resp_3", { text: "gladly" }),
      ],
    });
    expect(await turn("book")).toEqual({ outcome: "completed", text: "booked" });
    expect(await turn("thanks")).toEqual({ outcome: "completed", text: "gladly" });
    expect(runs).toHaveLength(1);
    expect(server.creates.map(({ input }) => input.length)).toEqual([1, 1, 1]);
  });

  it("drops a call of an attempt that was cut off, which comes again within the next one", async () => {
    const first = whole("resp_1", { calls: [{ id: "call_1" }] });
    const [{ sequence_number: _number, ...done } = {}] = first.filter(
      ({ type }) => type === "response.output_item.done",
    );
    const second = whole("resp_2", { calls: [{ id: "call_2" }] });
    const stranger = { ...done, output_index: 1_000 };
    const { turn, server, runs } = await start({
      answers: [
        respondUntil("response.completed", first, (peer) => peer.terminate()),
        (peer) => [...second.slice(0, 1), stranger, ...second.slice(1)].forEach((event) => send(peer, event)),
        respond("resp_3", { text: "booked" }),
      ],
    });
    expect(await turn("book")).toEqual({ outcome: "completed", text: "booked" });
    expect(runs).toHaveLength(1);
    expect(server.creates[2]?.input).toMatchObject([{ type: "function_call_output", call_id: "call_2" }]);
  });

  it("runs a call of an attempt that was cut off, when the next one lists it under the same id", async () => {
    const first = whole("resp_1", { calls: [{ id: "call_1" }] });
    const { turn, runs } = await start({
      answers: [
        respondUntil("response.completed", first, (peer) => peer.terminate()),
        respond("resp_2", { calls: [{ id: "call_1" }] }),
        respond("resp_3", { text: "booked" }),
      ],
    });
    expect(await turn("book")).toEqual({ outcome: "completed", text: "booked" });
    expect(runs).toHaveLength(1);
  });

  it("answers a call again that a later response lists under the same id", async () => {
    const { turn, server, runs } = await start({
      answers: [
        respond("resp_1", { calls: [{ id: "call_1" }] }),
        respond("resp_2", { calls: [{ id: "call_1" }] }),
        respond("resp_3", { text: "booked" }),
      ],
    });
    expect(await turn("book")).toEqual({ outcome: "completed", text: "booked" });
    expect(runs).toHaveLength(1);
    expect(server.creates[2]?.input).toMatchObject([{ type: "function_call_output", call_id: "call_1" }]);
  });

  it("runs parallel calls at once and answers all of them in one create", async () => {
    let running = 0;
    let mostAtOnce = 0;
    const { turn, server } = await start(
      {
        answers: [
          respond("resp_1", { calls: [{ id: "call_1" }, { id: "call_2" }, { id: "call_3" }] }),
          respond("resp_2", { text: "all done" }),
        ],
      },
      {
        async perform() {
          running += 1;
          mostAtOnce = Math.max(mostAtOnce, running);
          await Promise.resolve();
          running -= 1;
          return "ok";
        },
      },
    );
    expect(await turn("go")).toMatchObject({ outcome: "completed" });
    expect(mostAtOnce).toBe(3);
    expect(server.creates).toHaveLength(2);
    expect(server.creates[1]?.input.map((item) => item["call_id"]).toSorted()).toEqual(["call_1", "call_2", "call_3"]);
  });

  it("chains the next turn on the same connection", async () => {
    const { turn, server } = await start({
      answers: [respond("resp_1", { text: "one" }), respond("resp_2", { text: "two" })],
    });
    await turn("first");
    expect(await turn("second")).toEqual({ outcome: "completed", text: "two" });
    expect(server.creates[1]?.body).toMatchObject({
      previous_response_id: "resp_1",
      input: [{ type: "message", role: "user", content: "second" }],
    });
  });

  it("tells the model when a tool throws, is unknown, or gets arguments that are no object", async () => {
    const { turn, server, runs } = await start(
      {
        answers: [
          respond("resp_1", {
            calls: [{ id: "call_1" }, { id: "call_2", name: "nothing" }, { id: "call_3", arguments: '{"seat":' }],
          }),
          respond("resp_2", { text: "well" }),
        ],
      },
      { perform: async () => await Promise.reject(new Error("no seats")) },
    );
    expect(await turn("go")).toMatchObject({ outcome: "completed" });
    expect(runs).toEqual(["{}"]);
    const outputs = server.creates[1]?.input.map((item) => String(item["output"])) ?? [];
    expect(outputs.toSorted()).toEqual([
      "error: no seats",
      "error: the arguments are not a JSON object",
      "error: there is no tool named nothing",
    ]);
  });

  it("ends a turn whose model never stops asking for tools", async () => {
    let number = 0;
    const { turn, server } = await start(
      {
        answers: [
          (peer, create) => {
            number += 1;
            respond(`resp_${number}`, { calls: [{ id: `call_${number}` }] })(peer, create);
          },
        ],
      },
      { limits: { responsesPerTurnMax: 5 } },
    );
    expect(await turn("go")).toEqual({ outcome: "failed", cause: "the model still asks for tools after 5 responses" });
    expect(server.creates).toHaveLength(5);
  });

  it("ends a turn whose journal cannot be written, before a tool could start unnoted", async () => {
    const journal = createMemoryJournal();
    const full: Journal = {
      ...journal,
      append(entry) {
        if (entry.kind === "intent") throw new HarnessError("HARNESS_UNWRITABLE_FILE", "The disk is full.");
        journal.append(entry);
      },
    };
    const { turn, runs, surface } = await start(
      { answers: [respondFresh({ calls: [{ id: "call_1" }] }), respondFresh({ text: "ok" })] },
      { journal: full },
    );
    expect(await turn("go")).toEqual({ outcome: "failed", cause: "The disk is full." });
    expect(surface).toEqual([{ kind: "error", message: "The disk is full." }]);
    expect(runs).toEqual([]);
    expect(await turn("probe")).toEqual({ outcome: "completed", text: "ok" });
  });

  it("leaves no socket behind when it is closed, and refuses further turns", async () => {
    const { turn, session, server } = await start({ answers: [respond("resp_1", { text: "hi" })] });
    await turn("hello");
    expect(server.openSockets()).toBe(1);
    await session.close();
    await expect.poll(() => server.openSockets()).toBe(0);
    await expect(turn("again")).rejects.toMatchObject({ code: "HARNESS_INVALID_OPTION" });
  });

  it("refuses a second turn while one runs", async () => {
    const { turn } = await start({ answers: [respond("resp_1", { text: "hi" })] });
    const first = turn("one");
    await expect(turn("two")).rejects.toMatchObject({ code: "HARNESS_INVALID_OPTION" });
    expect(await first).toMatchObject({ outcome: "completed" });
  });
});

describe("the url of the endpoint", () => {
  it("is made from an http base url as the SDKs do", () => {
    expect(responsesUrl("http://127.0.0.1:80/v1")).toBe("ws://127.0.0.1:80/v1/responses");
    expect(responsesUrl("https://api.example/v1/")).toBe("wss://api.example/v1/responses");
  });

  it("is refused when it is none", () => {
    expect(() => responsesUrl("ftp://example/v1")).toThrow("is not the URL of a WebSocket endpoint");
    expect(() => openTestSession({ url: "nothing" })).toThrow("is not the URL of a WebSocket endpoint");
  });
});
