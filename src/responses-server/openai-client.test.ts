import OpenAI from "openai";
import { ResponsesWebSocketSession } from "openai/lib/responses/responses-websocket-session";
import { ResponsesWS } from "openai/resources/responses/ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openServerTestBed, type ServerTestBed, until } from "./server-bed.test-support.ts";

type Response = OpenAI.Responses.Response;

let bed: ServerTestBed;
const sockets: ResponsesWS[] = [];
beforeEach(async () => {
  bed = await openServerTestBed();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await bed.close();
});

function dial(apiKey: string): { socket: ResponsesWS; problems: { message: string; error?: unknown }[] } {
  const socket = new ResponsesWS(new OpenAI({ baseURL: bed.server.url, apiKey }));
  const problems: { message: string; error?: unknown }[] = [];
  socket.on("error", (error) => problems.push(error));
  sockets.push(socket);
  return { socket, problems };
}

const BASE = { type: "response.create", model: "m", store: false } as const;

function outputsOf(response: Response | undefined): OpenAI.Responses.ResponseInputItem[] {
  return (response?.output ?? []).flatMap((item) =>
    item.type === "function_call"
      ? [{ type: "function_call_output" as const, call_id: item.call_id, output: "sunny" }]
      : [],
  );
}

describe("the real openai client", () => {
  it("runs a whole tool loop on one connection", async () => {
    const { socket, problems } = dial("key-sdk");
    const completed: Response[] = [];
    socket.on("response.completed", (event) => completed.push(event.response));
    // The SDK keeps what is sent before the connection is open.
    socket.send({ ...BASE, input: "weather?" });
    await until(() => completed.length === 1, "the first response");
    socket.send({ ...BASE, previous_response_id: completed[0]?.id ?? "", input: outputsOf(completed[0]) });
    await until(() => completed.length === 2, "the second response");
    expect(completed[1]?.output).toMatchObject([{ type: "message", content: [{ text: "It is sunny." }] }]);
    expect(problems).toEqual([]);
    socket.close();
    await until(() => bed.server.connectionCount() === 0, "the connection to close");
    expect(bed.eventsOf("connection-closed")).toMatchObject([{ apiKey: "key-sdk", connection: 0, code: 1000 }]);
  });

  it("chains, is refused an id that a failure evicted, and goes on with its full history", async () => {
    const { socket, problems } = dial("key-sdk");
    const completed: Response[] = [];
    socket.on("response.completed", (event) => completed.push(event.response));
    socket.send({ ...BASE, input: "weather?" });
    await until(() => completed.length === 1, "the first response");
    const first = completed[0];
    const chained = { ...BASE, previous_response_id: first?.id ?? "", input: outputsOf(first) };
    socket.send({ ...chained, input: "no output" });
    await until(() => problems.length === 1, "the refusal of a call without output");
    socket.send(chained);
    await until(() => problems.length === 2, "the refusal of the evicted id");
    expect(problems.map(({ message }) => message).join("\n")).toContain("No tool output found for function call");
    expect(problems.map(({ message }) => message).join("\n")).toContain(
      `Previous response with id '${first?.id}' not found.`,
    );
    socket.send({
      ...BASE,
      input: [{ role: "user", content: "weather?" }, ...(first?.output ?? []), ...outputsOf(first)] as never,
    });
    await until(() => completed.length === 2, "the last response");
    expect(completed[1]?.output).toMatchObject([{ content: [{ text: "It is sunny." }] }]);
  });

  it("runs two lanes of its managed session side by side", async () => {
    const { socket, problems } = dial("key-sdk");
    const session = new ResponsesWebSocketSession(socket, {
      maxLanes: 4,
      maxBufferedEvents: 1_000,
      maxBufferedBytes: 1_000_000,
    });
    // A lane sends on an open connection alone.
    await until(() => socket.socket.readyState === 1, "the connection");
    const texts = await Promise.all(
      (["agent_1", "agent_2"] as const).map(async (name) => {
        const lane = session.lane(name);
        lane.create({ model: "m", store: false, input: "hello" });
        return (await lane.finalResponse()).output;
      }),
    );
    expect(texts).toMatchObject([
      [{ content: [{ text: "Hi there, friend." }] }],
      [{ content: [{ text: "Hi there, friend." }] }],
    ]);
    expect(bed.eventsOf("create-accepted").map(({ lane }) => lane)).toEqual(["agent_1", "agent_2"]);
    expect(problems).toEqual([]);
  });

  it.each([401, 429, 503] as const)("is told of a refused upgrade with %i", async (status) => {
    bed.server.control.order({ at: { point: "P1", edge: "before" }, action: { kind: "refuse", status } });
    const { problems } = dial("key-sdk");
    await until(() => problems.length > 0, "the refusal");
    expect(problems[0]?.message).toContain(String(status));
  });
});
