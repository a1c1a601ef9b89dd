import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ErrorFault } from "../../plan/protocol-faults.ts";
import { until } from "../../tcp-proxy/loopback.test-support.ts";
import { completed, CREATE, created, type FaultBed, openFaultBed, say, typesOf } from "../fault-bed.test-support.ts";
import { error } from "./error.ts";

let faults: FaultBed;
beforeEach(async () => {
  faults = await openFaultBed();
});
afterEach(async () => await faults.close());

const OVERLOADED = { code: "server_is_overloaded", message: "Later.", status: 503, type: "server_error" } as const;
const fault = (more: Partial<ErrorFault> = {}): ErrorFault => ({ kind: "error", error: OVERLOADED, ...more });

/** A client that asks, and a server that has begun to answer. */
async function begin(): ReturnType<FaultBed["connect"]> {
  const sides = await faults.connect();
  sides.client.socket.send(JSON.stringify(CREATE));
  await until("the create", () => sides.server.seen.length === 1);
  say(sides.server, created("r1"));
  await until("the beginning", () => sides.client.seen.length === 1);
  return sides;
}

describe("an error of the server", () => {
  it("ends the response that is under way, of which nothing more comes", async () => {
    const { client, server } = await begin();
    await faults.strike(error, fault());
    say(server, "response.output_text.delta", completed("r1"), created("r2"));
    await until("the next response", () => client.seen.length === 3);
    expect(typesOf(client)).toEqual(["response.created", "error", "response.created"]);
    expect(JSON.parse(client.seen[1] ?? "")).toEqual({
      type: "error",
      status: 503,
      sequence_number: 1,
      error: { type: "server_error", code: "server_is_overloaded", message: "Later.", param: null },
    });
  });

  it.each([
    ["flat", { type: "error", status: 503, sequence_number: 1, code: OVERLOADED.code, message: "Later.", param: null }],
    ["message-only", { type: "error", message: "Later." }],
  ] as const)("has the shape that is asked for: %s", async (form, expected) => {
    const { client } = await begin();
    await faults.strike(error, fault({ error: { ...OVERLOADED, form } }));
    await until("the error", () => client.seen.length === 2);
    expect(JSON.parse(client.seen[1] ?? "")).toEqual(expected);
  });

  it("says how long to wait", async () => {
    const { client } = await begin();
    await faults.strike(error, fault({ error: { ...OVERLOADED, retryAfterSeconds: 2, retryAfterMs: 1500 } }));
    await until("the error", () => client.seen.length === 2);
    expect(JSON.parse(client.seen[1] ?? "")).toMatchObject({
      error: { headers: { "retry-after": "2", "retry-after-ms": "1500" } },
    });
  });

  it.each([
    ["error-and-failed", ["error", "response.failed"]],
    ["failed", ["response.failed"]],
    ["incomplete", ["response.incomplete"]],
  ] as const)("can be told by other frames: %s", async (frames, expected) => {
    const { client } = await begin();
    await faults.strike(error, fault({ frames }));
    await until("the frames", () => client.seen.length === 1 + expected.length);
    expect(typesOf(client).slice(1)).toEqual(expected);
    expect(JSON.parse(client.seen.at(-1) ?? "")).toMatchObject({
      response: { id: "r1" },
      sequence_number: expected.length,
    });
  });

  it("answers a create that nothing answered yet, in its lane", async () => {
    const { client, server } = await faults.connect();
    client.socket.send(JSON.stringify({ ...CREATE, stream_id: "side" }));
    await until("the create", () => server.seen.length === 1);
    await faults.strike(error, fault());
    say(
      server,
      { ...created("r1"), stream_id: "side" },
      { ...completed("r1"), stream_id: "side" },
      "of the other lane",
    );
    await until("the other lane", () => client.seen.length === 2);
    expect(JSON.parse(client.seen[0] ?? "")).toMatchObject({ type: "error", stream_id: "side" });
    expect(typesOf(client)).toEqual(["error", "of the other lane"]);
  });

  it("comes to an idle connection, which can then be closed", async () => {
    const { client, server } = await faults.connect();
    await faults.strike(error, fault({ close: 1000 }));
    await until("the close", () => client.seen.length === 2 && server.seen.length === 1);
    expect(typesOf(client)).toEqual(["error", "close 1000"]);
  });

  it("fails where a response is to end that has not begun, and holds nothing then", async () => {
    const { client, server } = await faults.connect();
    await expect(faults.strike(error, fault({ frames: "failed" }))).rejects.toThrow("no response has begun");
    say(server, "alive");
    await until("life", () => client.seen.length === 1);
  });
});
