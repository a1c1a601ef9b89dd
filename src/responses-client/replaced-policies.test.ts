import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import type { Item } from "../protocol/items.ts";
import { textMember } from "../protocol/json.ts";
import {
  type Accumulation,
  type AttributionSource,
  createAccumulation,
  createAttribution,
  createDialer,
  type CreateBasis,
  type Dialer,
  type Failure,
  type Liveness,
  type Policy,
  type Recovery,
  type ToolDispatch,
} from "./index.ts";
import {
  type Answer,
  respond,
  respondFresh,
  respondUntil,
  send,
  whole,
  wireOf,
} from "./scripted-server.test-support.ts";
import { start } from "./session-fixture.test-support.ts";

// Each policy here is wrong on purpose: that its fault shows proves that the client keeps to the policy it was given.
const ok = respondFresh({ text: "ok" });
const call = whole("resp_1", { calls: [{ id: "call_1", arguments: '{"seat":"12A"}' }] });
const text = whole("resp_1", { text: "half of it" });

/** Composes the input as a function of history, last anchor and whether the connection is a new one. */
function recoverBy(
  compose: (state: {
    history: readonly Item[];
    covered: number;
    id: string;
    isNew: boolean;
  }) => Omit<CreateBasis, "store">,
): Policy<Recovery> {
  return () => {
    let anchor = { id: "", covered: 0, epoch: 0 };
    return {
      failed: () => undefined,
      completed: ({ responseId = "", epoch, historyLength }) =>
        void (anchor = { id: responseId, covered: historyLength, epoch }),
      compose: ({ history, epoch }) =>
        anchor.id === ""
          ? { store: false, input: history }
          : { store: false, ...compose({ ...anchor, history, isNew: epoch !== anchor.epoch }) },
    };
  };
}

async function cutAfterOutput(recovery: Policy<Recovery>): Promise<{ ids: unknown[]; input: number[] }> {
  const cut: Answer = (peer) => peer.terminate();
  const { turn, server } = await start(
    { answers: [respond("resp_1", { calls: [{ id: "call_1" }] }), cut, ok] },
    { policies: { recovery } },
  );
  await turn("go");
  const seen = server.creates.slice(1);
  return { ids: seen.map(({ body }) => body["previous_response_id"]), input: seen.map(({ input }) => input.length) };
}

describe("a client with another recovery", () => {
  it("can send outputs twice, keep an id on a new connection, or drop it and send the delta alone", async () => {
    const twice = recoverBy(({ history, covered, id, isNew }) =>
      isNew
        ? { input: [...history, ...history.slice(covered)] }
        : { previousResponseId: id, input: history.slice(covered) },
    );
    expect(await cutAfterOutput(twice)).toEqual({ ids: ["resp_1", undefined], input: [1, 4] });
    const keep = recoverBy(({ history, covered, id }) => ({ previousResponseId: id, input: history.slice(covered) }));
    expect(await cutAfterOutput(keep)).toEqual({ ids: ["resp_1", "resp_1"], input: [1, 1] });
    const drop = recoverBy(({ history, covered, id, isNew }) => ({
      ...(isNew ? {} : { previousResponseId: id }),
      input: history.slice(covered),
    }));
    expect(await cutAfterOutput(drop)).toEqual({ ids: ["resp_1", undefined], input: [1, 1] });
  });
});

describe("a client with another tool dispatch", () => {
  let discarded = 0;
  const eager: Policy<ToolDispatch> = () => {
    const outputs = new Map<string, Promise<string>>();
    return {
      callDone: (done, tools) => void outputs.set(done.call_id, tools.run(done)),
      responseDiscarded() {
        discarded += 1;
        outputs.clear();
      },
      async answer({ calls, tools }) {
        for (const one of calls) tools.recordOutput(one, (await outputs.get(one.call_id)) ?? "");
      },
    };
  };

  it("can start tools with their item, and again when the item is repeated or the response is asked again", async () => {
    const [done] = call.slice(-2);
    const { turn, runs } = await start(
      {
        answers: [
          respondUntil("response.completed", call, (peer) => peer.terminate()),
          respondUntil("response.completed", call, (peer) => {
            for (const event of [done, call.at(-1)]) send(peer, event ?? {});
          }),
          ok,
        ],
      },
      { policies: { toolDispatch: eager } },
    );
    expect(await turn("go")).toMatchObject({ outcome: "completed" });
    expect(runs).toHaveLength(3);
    expect(discarded).toBe(1);
  });

  it("can give tools up with the connection", async () => {
    const fickle: Policy<ToolDispatch> = () => ({
      callDone: () => undefined,
      responseDiscarded: () => undefined,
      async answer({ calls: [one], tools, connectionLost }) {
        if (one === undefined) return;
        const lost = new Promise<string>((resolve) =>
          connectionLost.addEventListener("abort", () => resolve("aborted")),
        );
        tools.recordOutput(one, await Promise.race([tools.run(one), lost]));
      },
    });
    const { turn, server, runs } = await start(
      { answers: [respond("resp_1", { calls: [{ id: "call_1" }] }), ok] },
      { policies: { toolDispatch: fickle }, perform: async () => await new Promise(() => undefined) },
    );
    const result = turn("go");
    await expect.poll(() => runs.length).toBe(1);
    server.peer().terminate();
    expect(await result).toMatchObject({ outcome: "completed" });
    expect(server.creates[1]?.input[2]).toMatchObject({ output: "aborted" });
  });
});

describe("a client with another accumulation", () => {
  /** Takes whatever came before the end of the connection for the whole response. */
  function believing(items: (partial: string) => readonly Item[]): Policy<Accumulation> {
    return (context) => ({
      forRequest() {
        const usual = createAccumulation()(context).forRequest();
        let partial = "";
        return {
          read(event) {
            partial += textMember(event, "delta") ?? "";
            return usual.read(event);
          },
          interrupted: (failure: Failure) =>
            partial === "" ? usual.interrupted(failure) : { kind: "completed", items: items(partial) },
        };
      },
    });
  }

  it("can take a clean close for the end of the answer", async () => {
    const accumulation = believing((content) => [{ type: "message", role: "assistant", content }]);
    const { turn } = await start(
      { answers: [respondUntil("response.output_item.done", text, (peer) => peer.close(1000))] },
      { policies: { accumulation } },
    );
    expect(await turn("go")).toEqual({ outcome: "completed", text: "half of it" });
  });

  it("can run a tool on arguments that it mended", async () => {
    const cut = call.map((event) =>
      event["type"] === "response.function_call_arguments.delta" ? { ...event, delta: '{"seat":"1' } : event,
    );
    const accumulation = believing((partial) => [
      { type: "function_call", call_id: "call_1", name: "perform", arguments: `${partial}"}` },
    ]);
    const { turn, runs } = await start(
      { answers: [respondUntil("response.output_item.done", cut, (peer) => peer.terminate()), ok] },
      { policies: { accumulation } },
    );
    await turn("go");
    expect(runs).toEqual(['{"seat":"1"}']);
  });
});

describe("a client with another attribution", () => {
  it("can keep the socket of an abandoned response and take its rest for the next answer", async () => {
    const attribution: Policy<AttributionSource> = () => ({
      forConnection: () => ({
        requestStarted: () => undefined,
        isCreated: () => true,
        abandoned: () => "keep",
        ownerOf: (_event, isRequestRunning) => (isRequestRunning ? "request" : "nobody"),
      }),
    });
    const { turn, server } = await start(
      {
        answers: [
          respondUntil("response.output_item.done", text, () => undefined),
          (peer) => text.slice(-2).forEach((event) => send(peer, event)),
        ],
      },
      { policies: { attribution } },
    );
    const abort = new AbortController();
    const first = turn("go", abort.signal);
    await expect.poll(() => server.creates.length).toBe(1);
    abort.abort();
    await first;
    expect(await turn("next")).toEqual({ outcome: "completed", text: "half of it" });
    expect(server.dialsAtMs).toHaveLength(1);
  });

  it("is asked about what comes while no request runs", async () => {
    const seen: unknown[] = [];
    const attribution: Policy<AttributionSource> = (context) => ({
      forConnection() {
        const usual = createAttribution()(context).forConnection();
        return {
          ...usual,
          ownerOf(event, isRequestRunning) {
            if (!isRequestRunning) seen.push(event["type"]);
            return usual.ownerOf(event, isRequestRunning);
          },
        };
      },
    });
    const { turn, server } = await start({ answers: [ok] }, { policies: { attribution } });
    await turn("go");
    send(server.peer(), { type: "error", error: { code: "websocket_connection_limit_reached", message: "m" } });
    await expect.poll(() => seen).toEqual(["error"]);
  });
});

describe("a client with another liveness", () => {
  const clock = createSystemClock();
  const frozen = respondUntil("response.output_item.done", text, (peer) => peer.pause());

  it("can wait for ever, or for a close handshake that never ends", async () => {
    const never: Policy<Liveness> = () => ({
      watch: () => ({ requestStarted() {}, requestEnded() {}, frameReceived() {}, stop() {} }),
    });
    const polite: Policy<Liveness> = (context) => ({
      watch: (connection) => ({
        requestStarted: () => void context.clock.startTimer(50, () => connection.close()),
        requestEnded() {},
        frameReceived() {},
        stop() {},
      }),
    });
    for (const liveness of [never, polite]) {
      const { turn, server } = await start({ answers: [frozen, ok] }, { policies: { liveness } });
      const abort = new AbortController();
      const result = turn("go", abort.signal);
      await sleep(clock, 400);
      expect(server.dialsAtMs).toHaveLength(1);
      abort.abort();
      expect(await result).toMatchObject({ cause: "cancelled" });
    }
  });
});

describe("a client with another dialer", () => {
  it("has left the old socket before it dials, even one that the server closes without end", async () => {
    const sockets: WebSocket[] = [];
    const wereGone: boolean[] = [];
    const dialer: Policy<Dialer> = (context) => ({
      ...createDialer()(context),
      dial(request) {
        wereGone.push(...sockets.map((socket) => Reflect.get(wireOf(socket), "destroyed") === true));
        const socket = createDialer()(context).dial(request);
        sockets.push(socket);
        return socket;
      },
    });
    const { turn, server } = await start({ answers: [ok] }, { policies: { dialer } });
    await turn("go");
    server.peer().pause();
    wireOf(server.peer()).write(Buffer.from([0x88, 2, 0x03, 0xe9]));
    await expect.poll(() => sockets[0]?.readyState).toBe(WebSocket.CLOSING);
    expect(await turn("next")).toMatchObject({ outcome: "completed" });
    expect(wereGone).toEqual([true]);
  });

  it("can open more sockets than it needs", async () => {
    const dialer: Policy<Dialer> = (context) => {
      const usual = createDialer()(context);
      return {
        ...usual,
        dial(request) {
          const socket = usual.dial(request);
          socket.on("close", () => {
            const second = new WebSocket(request.url, { headers: request.headers });
            second.on("error", () => undefined);
          });
          return socket;
        },
      };
    };
    const { turn, server } = await start({ answers: [(peer) => peer.terminate(), ok] }, { policies: { dialer } });
    expect(await turn("go")).toMatchObject({ outcome: "completed" });
    await expect.poll(() => server.openSockets()).toBe(2);
  });
});
