import { duplexPair } from "node:stream";

import { WebSocket } from "ws";
import { describe, expect, it } from "vitest";

import { parseJsonObject } from "../protocol/json.ts";
import { createResponsesEndpoint } from "./responses-endpoint.ts";
import { createHandClock, TOOL_SCRIPT, until } from "./server-bed.test-support.ts";

describe("an endpoint without a port", () => {
  it.each(["reset", "end"] as const)("serves streams that are no sockets, and cuts them with %s", async (kind) => {
    const clock = createHandClock();
    const endpoint = createResponsesEndpoint({ clock, scriptOf: () => TOOL_SCRIPT });
    const [near, far] = duplexPair();
    // A pair of streams has no reset of its own: what one side destroys has to end the other.
    far.once("close", () => near.destroy());
    endpoint.accept(far);
    const socket = new WebSocket("ws://simulated/v1/responses", {
      createConnection: () => near,
      headers: { authorization: "Bearer key-a" },
    });
    const types: unknown[] = [];
    let closedWith: number | undefined;
    socket.on("message", (data: Buffer) => types.push(parseJsonObject(data.toString("utf8"))?.["type"]));
    socket.on("close", (code) => (closedWith = code));
    socket.on("open", () => socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hello" })));
    await until(() => types.includes("response.completed"), "the response");
    expect(endpoint.control.order({ action: { kind } }).connections).toBe(1);
    await until(() => closedWith !== undefined, "the end");
    expect(closedWith).toBe(1006);
    await until(() => endpoint.connectionCount() === 0, "the server's end");
    endpoint.close();
    expect(clock.timerCount()).toBe(0);
  });
});
