import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { createMemoryHistorySink } from "../../history/history-sink.ts";
import { createRecorder } from "../../history/recorder.ts";
import { parseJsonObject } from "../../protocol/json.ts";
import { clock, until } from "../../tcp-proxy/loopback.test-support.ts";
import type { OpenedTarget } from "../target.ts";
import { referenceServer } from "./reference-server.ts";

const script = {
  turns: [
    { userText: "one", script: { steps: [{ text: "1" }] } },
    { userText: "two", script: { steps: [{ text: "2" }] } },
  ],
};

let target: OpenedTarget;
let socket: WebSocket;
const seen: string[] = [];

beforeEach(async () => {
  const recorder = createRecorder({
    clock,
    sink: createMemoryHistorySink(),
    eventsMax: 1_000,
    onFull: () => undefined,
  });
  target = await referenceServer.open({
    scripts: new Map([0, 1].map((session) => [`cutwire-${session}`, script])),
    clock,
    recorder,
  });
  seen.length = 0;
  const headers = { authorization: "Bearer cutwire-0" };
  socket = new WebSocket(`ws://${target.host}:${target.port}/v1/responses`, { headers });
  socket.on("message", (data: Buffer) => seen.push(data.toString()));
  await until("the upgrade", () => socket.readyState === WebSocket.OPEN);
});
afterEach(async () => {
  socket.terminate();
  await target.close();
});

async function ask(input: string, previous?: string): Promise<Record<string, unknown>> {
  const before = seen.length;
  const chained = previous === undefined ? {} : { previous_response_id: previous };
  socket.send(JSON.stringify({ type: "response.create", model: "m", store: true, input, ...chained }));
  const isEnd = (text: string): boolean => /"type":"(error|response.completed)"/.test(text);
  await until("the end", () => seen.slice(before).some(isEnd));
  return { ...parseJsonObject(seen.findLast(isEnd) ?? "") };
}

const idOf = (end: Record<string, unknown>): string => String((end["response"] as { id: unknown }).id);

describe("the control of the reference server", () => {
  it("forgets what connections remember, and what is stored", async () => {
    const first = idOf(await ask("one"));
    await target.control?.forget(0, "connections");
    // The store still has it.
    expect(await ask("two", first)).toMatchObject({ type: "response.completed" });
    await target.control?.forget(0, "all");
    expect(await ask("two", first)).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it("stops and goes on", async () => {
    expect(await target.control?.freeze(0)).toBe(1);
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "one" }));
    socket.ping();
    await target.control?.thaw(0);
    await until("the answer", () => seen.some((text) => text.includes("response.completed")));
  });

  it("can only change a session that has come, and stops none that has no connection", async () => {
    await expect(target.control?.reuseCallIds(1)).rejects.toThrow("session 1 has never reached the server");
    await expect(target.control?.forget(1, "all")).rejects.toThrow("session 1 has never reached the server");
    expect(await target.control?.freeze(1)).toBe(0);
  });
});
