import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { JsonObject } from "../protocol/json.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import {
  createHandClock,
  type HandClock,
  openServerTestBed,
  outputOf,
  responseOf,
  type ServerTestBed,
  type TestPeer,
  typesOf,
  until,
} from "./server-bed.test-support.ts";

const SCRIPT: SessionScript = {
  turns: [
    { userText: "essay", script: { steps: [{ text: "abcd", deltas: 4, deltaGapMs: 100 }] } },
    { userText: "shorter", script: { steps: [{ text: "ab" }] } },
    {
      userText: "weather?",
      script: { steps: [{ calls: [{ operation: "look", name: "w" }], deltaGapMs: 100 }, { text: "sunny" }] },
    },
  ],
};

let bed: ServerTestBed;
let peer: TestPeer;
let clock: HandClock;
beforeEach(async () => {
  clock = createHandClock();
  bed = await openServerTestBed({ clock, connectionAgeMsMax: 0, scriptOf: () => SCRIPT });
  peer = await bed.dial();
});
afterEach(async () => await bed.close());

async function begin(fields: JsonObject): Promise<string> {
  peer.send({ type: "response.create", model: "m", store: false, ...fields });
  return String(responseOf(await peer.next())["id"]);
}

async function moveUntil(isTrue: () => boolean, what: string): Promise<void> {
  await until(() => {
    clock.advance(100);
    return isTrue();
  }, what);
}

async function steer(fields: JsonObject): Promise<JsonObject> {
  peer.send({ type: "response.steer", ...fields });
  for (;;) {
    const frame = await peer.next();
    if (String(frame["type"]).startsWith("response.steer.")) return frame;
  }
}

describe("a steer (protocol.md §2.4)", () => {
  it("interrupts a text, and a successor with the same settings follows in the lane", async () => {
    const id = await begin({ input: "essay", stream_id: "a", instructions: "be kind" });
    clock.advance(100);
    const accepted = await steer({ previous_response_id: id, input: "shorter" });
    expect(accepted).toEqual({
      type: "response.steer.accepted",
      sequence_number: expect.any(Number),
      stream_id: "a",
      steer: { id: expect.stringMatching(/^steer_/), previous_response_id: id },
    });
    clock.advance(100);
    const first = await peer.response();
    expect(first.at(-1)).toMatchObject({
      type: "response.incomplete",
      stream_id: "a",
      response: { id, incomplete_details: { reason: "steered" }, output: [{ status: "incomplete" }] },
    });
    const second = await peer.response();
    expect(second[0]).toMatchObject({ type: "response.created", sequence_number: 0, stream_id: "a" });
    expect(responseOf(second.at(-1))).toMatchObject({ previous_response_id: id, instructions: "be kind" });
    expect(outputOf(second)).toMatchObject([{ content: [{ text: "ab" }] }]);
    const next = await peer.create({
      previous_response_id: responseOf(second.at(-1))["id"],
      input: "shorter",
      stream_id: "a",
    });
    expect(next.at(-1)?.["type"]).toBe("response.completed");
  });

  it("waits for the outputs of a response that asks for tools, and goes before them", async () => {
    const id = await begin({ input: "weather?", store: true });
    await steer({ previous_response_id: id, input: "shorter" });
    const isTold = (): boolean => typesOf(peer.pending()).includes("response.steer.pending");
    await moveUntil(isTold, "the steer to wait");
    const completed = await peer.response();
    expect(completed.at(-1)?.["type"]).toBe("response.completed");
    const callId = outputOf(completed)[0]?.["call_id"];
    expect(await peer.next()).toMatchObject({
      type: "response.steer.pending",
      reason: "waiting_for_required_input",
      required_input: [{ type: "function_call_output", call_id: callId, name: "w" }],
    });
    const output = { type: "function_call_output", call_id: callId, output: "ok" };
    const next = await peer.create({ previous_response_id: id, input: [output] });
    expect(outputOf(next)).toMatchObject([{ content: [{ text: "ab" }] }]);
    expect(bed.eventsOf("create-accepted").at(-1)).toMatchObject({ effectiveInputSize: 4 });
    const fork = { type: "response.create", model: "m", previous_response_id: id, input: [output] };
    peer.send(fork);
    await until(() => bed.eventsOf("create-accepted").length === 3, "a second create from that parent");
    expect(bed.eventsOf("create-accepted").at(-1)).toMatchObject({ effectiveInputSize: 3 });
  });

  it.each<[string, JsonObject]>([
    ["input that is missing", { input: undefined }],
    ["a lane", { stream_id: "a" }],
    ["no response", { previous_response_id: undefined }],
    ["a message of the assistant", { input: [{ type: "message", role: "assistant", content: "x" }] }],
    ["no messages", { input: [] }],
  ])("with %s fails with invalid_input", async (_what, fields) => {
    const id = await begin({ input: "essay" });
    const failed = await steer({ previous_response_id: id, input: "shorter", ...fields });
    expect(failed).toMatchObject({ type: "response.steer.failed", error: { code: "invalid_input" } });
  });

  it("fails with the code that says what became of its response", async () => {
    expect(await steer({ previous_response_id: "resp_x", input: "x" })).toEqual({
      type: "response.steer.failed",
      sequence_number: 0,
      error: { type: "invalid_request_error", code: "response_not_found", message: expect.any(String) },
      steer: { previous_response_id: "resp_x", input: "x" },
    });
    const completed = String(responseOf((await peer.create({ input: "shorter" })).at(-1))["id"]);
    expect(await steer({ previous_response_id: completed, input: "x" })).toMatchObject({
      error: { code: "response_already_completed" },
    });
    const order = { kind: "incomplete", reason: "content_filter" } as const;
    bed.server.control.order({ at: { point: "P12", edge: "after" }, action: order });
    const ended = String(responseOf((await peer.create({ input: "shorter" })).at(-1))["id"]);
    expect(await steer({ previous_response_id: ended, input: "x" })).toMatchObject({
      error: { code: "response_not_active" },
    });
    const compacting = await begin({ input: "essay", context_management: [{ type: "compaction" }] });
    expect(await steer({ previous_response_id: compacting, input: "x" })).toMatchObject({
      error: { code: "steering_not_supported" },
    });
  });

  it("is one of at most eight for a response", async () => {
    const id = await begin({ input: "essay" });
    for (let count = 0; count < 8; count += 1) {
      expect(await steer({ previous_response_id: id, input: "x" })).toMatchObject({ type: "response.steer.accepted" });
    }
    expect(await steer({ previous_response_id: id, input: "x" })).toMatchObject({
      error: { code: "too_many_pending_steers" },
    });
  });

  it("fails when its successor cannot be made", async () => {
    await bed.close();
    bed = await openServerTestBed({ clock, connectionAgeMsMax: 0, scriptOf: () => SCRIPT, contextItemsMax: 2 });
    peer = await bed.dial();
    const id = await begin({ input: "essay" });
    await steer({ previous_response_id: id, input: "shorter" });
    await moveUntil(() => typesOf(peer.pending()).includes("response.steer.failed"), "the failure");
    expect(peer.pending().at(-1)).toMatchObject({
      error: { code: "successor_creation_failed" },
      steer: { id: expect.any(String), previous_response_id: id, input: "shorter" },
    });
  });

  it("is not supported where the server was told so", async () => {
    const other = await openServerTestBed({ canSteer: false });
    const stranger = await other.dial();
    stranger.send({ type: "response.steer", previous_response_id: "resp_1", input: "x" });
    expect(await stranger.next()).toMatchObject({ error: { code: "steering_not_supported" } });
    await other.close();
  });
});
