import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { createBackoff } from "./index.ts";
import { type Answer, refuseCreate, respond, respondUntil, send, whole } from "./scripted-server.test-support.ts";
import { start, visibleText } from "./session-fixture.test-support.ts";

const cut: Answer = (peer) => peer.terminate();
const oneCall = { calls: [{ id: "call_1" }] };
const fullInput = [
  { type: "message", role: "user", content: "go" },
  { type: "function_call", call_id: "call_1", name: "perform", arguments: "{}" },
  { type: "function_call_output", call_id: "call_1", output: "done {}" },
];

describe("a connection that is lost", () => {
  const text = whole("resp_1", { text: "partial" });
  const call = whole("resp_1", oneCall);
  const cuts: [string, Answer][] = [
    ["before response.created", cut],
    ["after response.created", respondUntil("response.in_progress", text, cut)],
    [
      "inside the text",
      respondUntil("response.output_text.delta", text, (peer) => (send(peer, { ...text[3] }), peer.terminate())),
    ],
    ["after a call was announced", respondUntil("response.function_call_arguments.delta", call, cut)],
    ["after a call was done", respondUntil("response.completed", call, cut)],
  ];

  it.each(cuts)("%s: the request is asked again in full, and nothing of it remains", async (_name, answer) => {
    const { turn, server, runs, surface } = await start({
      answers: [answer, respond("resp_2", { text: "whole" })],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "whole" });
    expect(server.creates.map((create) => create.connection)).toEqual([1, 2]);
    expect(server.creates[1]?.body).toMatchObject({ input: [fullInput[0]] });
    expect(server.creates[1]?.body).not.toHaveProperty("previous_response_id");
    expect(runs).toEqual([]);
    expect(visibleText(surface)).toBe("whole");
  });

  it.each([1000, 1001, 1011, 1012, 1013])("by Close(%i) in a response: it recovers", async (code) => {
    const { turn } = await start({
      answers: [
        respondUntil("response.completed", text, (peer) => peer.close(code)),
        respond("resp_2", { text: "ok" }),
      ],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
  });

  it.each([1002, 1003, 1007, 1008, 1009, 1010, 4401])(
    "by Close(%i): it stops and tells code and reason",
    async (code) => {
      const { turn, server, surface } = await start({
        answers: [(peer) => peer.close(code, "because"), respond("resp_2", { text: "probe" })],
      });
      const cause = `connection lost: close code ${code} (because), the request was sent and not answered`;
      expect(await turn("go")).toEqual({ outcome: "failed", cause });
      expect(surface).toEqual([{ kind: "error", message: cause }]);
      expect(server.creates).toHaveLength(1);
      expect(await turn("probe")).toEqual({ outcome: "completed", text: "probe" });
    },
  );

  it.each(["cut", 1000, 1001, 1012] as const)(
    "(%s) while a tool runs: the output is kept and sent with the whole input",
    async (how) => {
      let endTool: () => void = () => undefined;
      const { turn, server, runs } = await start(
        { answers: [respond("resp_1", oneCall), respond("resp_2", { text: "ok" })] },
        { perform: async () => await new Promise((resolve) => (endTool = () => resolve("late"))) },
      );
      const result = turn("go");
      await expect.poll(() => runs.length).toBe(1);
      if (how === "cut") server.peer().terminate();
      else server.peer().close(how);
      await expect.poll(() => server.openSockets()).toBe(0);
      endTool();
      expect(await result).toEqual({ outcome: "completed", text: "ok" });
      expect(runs).toHaveLength(1);
      expect(server.creates[1]).toMatchObject({
        connection: 2,
        input: [fullInput[0], fullInput[1], { ...fullInput[2], output: "late" }],
      });
      expect(server.creates[1]?.body).not.toHaveProperty("previous_response_id");
    },
  );

  it("after the outputs were sent: they are sent again and the tool is not run again", async () => {
    const { turn, server, runs } = await start({
      answers: [respond("resp_1", oneCall), cut, respond("resp_3", { text: "ok" })],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(runs).toHaveLength(1);
    expect(server.creates[2]?.body).toMatchObject({ input: fullInput });
    expect(server.creates[2]?.body).not.toHaveProperty("previous_response_id");
  });

  it("while idle, with a limit notice or without: the next turn dials again and sends everything", async () => {
    const notice = { type: "error", error: { code: "websocket_connection_limit_reached", message: "60 minutes" } };
    const { turn, server } = await start({
      answers: [respond("resp_1", { text: "1" }), respond("resp_2", { text: "2" }), respond("resp_3", { text: "3" })],
    });
    await turn("one");
    send(server.peer(), notice);
    await expect.poll(() => server.openSockets()).toBe(0);
    expect(await turn("two")).toEqual({ outcome: "completed", text: "2" });
    server.peer().terminate();
    await expect.poll(() => server.openSockets()).toBe(0);
    expect(await turn("three")).toEqual({ outcome: "completed", text: "3" });
    expect(server.creates.map((create) => [create.connection, create.input.length])).toEqual([
      [1, 1],
      [2, 3],
      [3, 5],
    ]);
  });

  it("half open: the idle deadline ends it, and the next attempt uses a new socket", async () => {
    const { turn, server } = await start({
      answers: [
        respondUntil("response.output_item.done", text, (peer) => peer.pause()),
        respond("resp_2", { text: "ok" }),
      ],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(server.creates.map((create) => create.connection)).toEqual([1, 2]);
  });

  it("does not put ids of a lost connection into the input of another", async () => {
    const { turn, server } = await start({
      answers: [respond("resp_1", { text: "one" }), cut, respond("resp_3", { text: "three" })],
    });
    await turn("first");
    await turn("second");
    expect(JSON.stringify(server.creates[2]?.body)).not.toMatch(/msg_resp|resp_1/);
  });
});

describe("an error frame", () => {
  const shapes: [string, Answer][] = [
    ["nested", refuseCreate({ type: "invalid_request_error", code: "previous_response_not_found", message: "m" }, 400)],
    ["flat", (peer) => send(peer, { type: "error", code: "previous_response_not_found", message: "m", param: null })],
    ["message only", (peer) => send(peer, { type: "error", error: { message: "Invalid previous_response_id." } })],
  ];

  it.each(shapes)("previous_response_not_found (%s) is answered once with the full input", async (_name, refusal) => {
    const { turn, server, runs } = await start({
      answers: [respond("resp_1", oneCall), refusal, respond("resp_3", { text: "ok" })],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(runs).toHaveLength(1);
    expect(server.creates[2]).toMatchObject({ connection: 1, input: fullInput });
    expect(server.creates[2]?.body).not.toHaveProperty("previous_response_id");
  });

  it.each(shapes)(
    "previous_response_not_found (%s) twice ends the turn, and the next turn works",
    async (_name, refusal) => {
      const { turn, server } = await start({
        answers: [respond("resp_1", oneCall), refusal, refusal, respond("resp_3", { text: "probe" })],
      });
      expect(await turn("go")).toMatchObject({ outcome: "failed" });
      expect(server.creates).toHaveLength(3);
      expect(await turn("probe")).toEqual({ outcome: "completed", text: "probe" });
      expect(server.creates[3]?.input).toHaveLength(4);
    },
  );

  it.each(["mid-turn", "mid-response"])(
    "connection limit %s: a new socket with the full input, at once",
    async (when) => {
      const limit = refuseCreate({ code: "websocket_connection_limit_reached", message: "60 minutes" }, 400);
      const refusal = when === "mid-turn" ? limit : respondUntil("response.in_progress", whole("resp_2", {}), limit);
      const { turn, server } = await start({
        answers: [respond("resp_1", oneCall), refusal, respond("resp_3", { text: "ok" })],
      });
      expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
      expect(server.creates[2]).toMatchObject({ connection: 2, input: fullInput });
    },
  );

  it.each([
    ["429", { code: "rate_limit_exceeded", message: "Please try again in 60ms." }, 429],
    ["503", { type: "service_unavailable_error", code: "server_is_overloaded", message: "busy" }, 503],
    ["500", { type: "server_error", code: null, message: "oops", headers: { "retry-after": "0.06" } }, 500],
  ])("%s waits and sends the full input on a new socket", async (_name, error, status) => {
    const { turn, server } = await start({
      answers: [respond("resp_1", oneCall), refuseCreate(error, status), respond("resp_3", { text: "ok" })],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(server.creates[2]).toMatchObject({ connection: 2, input: fullInput });
  });

  it("without a request of its own, and crossed by one, does not shift the answers", async () => {
    const unasked = refuseCreate({ type: "server_error", code: "server_error", message: "oops" }, 500);
    let first: Parameters<Answer>[0] | undefined;
    const asked: Answer = (peer, create) => {
      unasked((first = peer), create);
    };
    const bothAnswered: Answer = (peer, create) => {
      respond("resp_1", { text: "first" })(first ?? peer, create);
      respond("resp_2", { text: "first, again" })(peer, create);
    };
    const { turn } = await start({ answers: [asked, bothAnswered, respond("resp_3", { text: "second" })] });
    expect(await turn("one")).toEqual({ outcome: "completed", text: "first, again" });
    expect(await turn("two")).toEqual({ outcome: "completed", text: "second" });
  });

  it.each(["insufficient_quota", "context_length_exceeded", "invalid_stream_id", "invalid_prompt"])(
    "%s ends the turn at once with its code",
    async (code) => {
      const { turn, server } = await start({ answers: [refuseCreate({ code, message: "no", param: "input" }, 400)] });
      expect(await turn("go")).toEqual({
        outcome: "failed",
        cause: `error from the server: 400 · ${code} · param input · no`,
      });
      expect(server.creates).toHaveLength(1);
    },
  );

  it("of a missing output is answered once with the full input", async () => {
    const refusal = refuseCreate({ message: "No tool output found for function call call_1." }, 400);
    const { turn, server } = await start({
      answers: [respond("resp_1", oneCall), refusal, respond("resp_3", { text: "ok" })],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(server.creates[2]?.body).toMatchObject({ input: fullInput });
  });

  it("then response.failed: the second belongs to the old response, not to the next request", async () => {
    const { turn, server } = await start({
      answers: [
        (peer) => {
          send(peer, { type: "response.created", response: { id: "resp_1" } });
          send(peer, { type: "error", error: { type: "server_error", message: "oops" } });
        },
        (peer, create) => {
          send(peer, { type: "response.failed", response: { id: "resp_1", error: { code: "server_error" } } });
          respond("resp_2", { text: "ok" })(peer, create);
        },
      ],
    });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
    expect(server.creates).toHaveLength(2);
  });
});

describe("a response that does not complete", () => {
  it("failed for a passing reason is asked again", async () => {
    const failed: Answer = (peer) => {
      send(peer, { type: "response.created", response: { id: "resp_1" } });
      send(peer, {
        type: "response.failed",
        response: { id: "resp_1", error: { code: "server_error", message: "x" } },
      });
    };
    const { turn } = await start({ answers: [failed, respond("resp_2", { text: "ok" })] });
    expect(await turn("go")).toEqual({ outcome: "completed", text: "ok" });
  });

  it("incomplete is no success", async () => {
    const incomplete: Answer = (peer) => {
      for (const event of whole("resp_1", { text: "cut" }).slice(0, -1)) send(peer, event);
      const details = { incomplete_details: { reason: "max_output_tokens" } };
      send(peer, { type: "response.incomplete", response: { id: "resp_1", status: "incomplete", ...details } });
    };
    const { turn, surface } = await start({ answers: [incomplete] });
    expect(await turn("go")).toEqual({ outcome: "failed", cause: "the response is incomplete: max_output_tokens" });
    expect(visibleText(surface)).toBe("");
  });
});

describe("a connection that is lost while nothing is asked", () => {
  it("is followed by a dial after the backoff, counted from the loss", async () => {
    let endTool: () => void = () => undefined;
    const { turn, server, runs } = await start(
      { answers: [respond("resp_1", oneCall), respond("resp_2", { text: "ok" })] },
      {
        perform: async () => await new Promise((resolve) => (endTool = () => resolve("done"))),
        policies: { backoff: createBackoff({ baseMs: 150, jitter: "none" }) },
      },
    );
    const clock = createSystemClock();
    const result = turn("go");
    await expect.poll(() => runs.length).toBe(1);
    const lostAtMs = clock.nowMs();
    server.peer().terminate();
    await expect.poll(() => server.openSockets()).toBe(0);
    endTool();
    expect(await result).toMatchObject({ outcome: "completed" });
    expect((server.dialsAtMs[1] ?? 0) - lostAtMs).toBeGreaterThanOrEqual(150);
  });
});

describe("a connection that is closed for good", () => {
  it.each([1008, 1009, 4401])(
    "with %i while a tool runs ends the turn, and the next turn has the output",
    async (code) => {
      let endTool: () => void = () => undefined;
      const { turn, server, runs } = await start(
        { answers: [respond("resp_1", oneCall), respond("resp_2", { text: "probe" })] },
        { perform: async () => await new Promise((resolve) => (endTool = () => resolve("late"))) },
      );
      const result = turn("go");
      await expect.poll(() => runs.length).toBe(1);
      server.peer().close(code, "no");
      await expect.poll(() => server.openSockets()).toBe(0);
      endTool();
      expect(await result).toEqual({
        outcome: "failed",
        cause: `connection lost: close code ${code} (no), no request was running`,
      });
      expect(await turn("probe")).toEqual({ outcome: "completed", text: "probe" });
      expect(server.creates[1]?.input[2]).toMatchObject({ call_id: "call_1", output: "late" });
    },
  );

  it("between two turns does not end the next one", async () => {
    const { turn, server } = await start({
      answers: [respond("resp_1", { text: "1" }), respond("resp_2", { text: "2" })],
    });
    await turn("one");
    server.peer().close(1008);
    await expect.poll(() => server.openSockets()).toBe(0);
    expect(await turn("two")).toEqual({ outcome: "completed", text: "2" });
  });

  it("at the end of a turn does not end the next one", async () => {
    const { turn } = await start({
      answers: [
        (peer) => {
          send(peer, { type: "error", error: { code: "invalid_prompt", message: "no" } });
          peer.close(1008);
        },
        respond("resp_2", { text: "probe" }),
      ],
    });
    expect(await turn("go")).toMatchObject({ outcome: "failed" });
    expect(await turn("probe")).toEqual({ outcome: "completed", text: "probe" });
  });
});
