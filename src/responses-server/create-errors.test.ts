import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { isJsonObject, type JsonObject } from "../protocol/json.ts";
import { openServerTestBed, type ServerTestBed, type TestPeer } from "./server-bed.test-support.ts";

let bed: ServerTestBed;
let peer: TestPeer;
beforeAll(async () => {
  bed = await openServerTestBed({ contextItemsMax: 8 });
  peer = await bed.dial();
});
afterAll(async () => await bed.close());

const CREATE = { type: "response.create", model: "m", store: false, input: "hello" };
const USER = { type: "message", role: "user", content: "hello" };
const CALL = { type: "function_call", call_id: "call_1", name: "w", arguments: "{}" };
const OUTPUT = { type: "function_call_output", call_id: "call_1", output: "ok" };

function errorOf(frame: JsonObject): JsonObject {
  return isJsonObject(frame["error"]) ? frame["error"] : {};
}

describe("a wrong frame is answered with an error of status 400, and the connection lives on", () => {
  it.each<[string, string, JsonObject]>([
    ["text that is no JSON", "{", { code: "invalid_json", param: null }],
    ["an empty text", "", { code: "invalid_json" }],
    ["JSON that is no object", "[]", { code: "invalid_json" }],
    [
      "JSON that nests too deep",
      `{"type":"response.create","input":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
      { code: "invalid_json" },
    ],
    ["a frame without a type", "{}", { code: "missing_required_parameter", param: "type" }],
    ["a type that is no text", '{"type":7}', { code: "missing_required_parameter", param: "type" }],
    ["an unknown type", '{"type":"response.cancel"}', { code: "invalid_value", param: "type" }],
    [
      "the nested shape of another API",
      '{"type":"response.create","response":{"model":"m","input":"x"}}',
      { code: "missing_required_parameter", param: "model" },
    ],
  ])("%s", async (_what, text, error) => {
    peer.socket.send(text);
    const frame = await peer.next();
    expect(frame).toMatchObject({ type: "error", status: 400, error: { type: "invalid_request_error", ...error } });
    expect((await peer.create({ input: "hello" })).at(-1)?.["type"]).toBe("response.completed");
  });
});

describe("a wrong create", () => {
  it.each<[string, JsonObject, string | null, string | null]>([
    ["without a model", { model: null }, "missing_required_parameter", "model"],
    ["with a model that is no text", { model: 5 }, "invalid_type", "model"],
    ["without input", { input: null }, "missing_required_parameter", "input"],
    ["with input that is an object", { input: {} }, "invalid_type", "input"],
    ["with input that holds text", { input: ["hello"] }, "invalid_type", "input[0]"],
    ["with an item without a type", { input: [{}] }, "missing_required_parameter", "input[0].type"],
    ["with a type that is no text", { input: [{ type: 1 }] }, "invalid_type", "input[0].type"],
    ["with an item id that is no text", { input: [{ ...USER, id: 1 }] }, "invalid_type", "input[0].id"],
    ["with a message of nobody", { input: [{ type: "message", content: "x" }] }, "invalid_value", "input[0].role"],
    ["with a message of nothing", { input: [{ role: "user" }] }, "missing_required_parameter", "input[0].content"],
    ["with a message of a number", { input: [{ role: "user", content: 1 }] }, "invalid_type", "input[0].content"],
    ["with parts that are none", { input: [{ role: "user", content: [1] }] }, "invalid_type", "input[0].content"],
    [
      "with a call without an id",
      { input: [{ ...CALL, call_id: undefined }] },
      "missing_required_parameter",
      "input[0].call_id",
    ],
    ["with a call without arguments", { input: [{ ...CALL, arguments: {} }] }, "invalid_type", "input[0].arguments"],
    ["with an output without an id", { input: [{ ...OUTPUT, call_id: "" }] }, "invalid_value", "input[0].call_id"],
    [
      "with a call id that is too long",
      { input: [{ ...OUTPUT, call_id: "c".repeat(65) }] },
      "invalid_value",
      "input[0].call_id",
    ],
    [
      "with an output of nothing",
      { input: [{ ...OUTPUT, output: undefined }] },
      "missing_required_parameter",
      "input[0].output",
    ],
    ["with an output of an object", { input: [{ ...OUTPUT, output: {} }] }, "invalid_type", "input[0].output"],
    [
      "with an output that is too long",
      { input: [{ ...OUTPUT, output: "x".repeat(10_485_761) }] },
      "string_above_max_length",
      "input[0].output",
    ],
    ["with background", { background: true }, "unsupported_parameter", "background"],
    ["with a conversation", { conversation: "conv_1" }, "unsupported_parameter", "conversation"],
    [
      "with both ways to continue",
      { conversation: "conv_1", previous_response_id: "resp_1" },
      "mutually_exclusive_parameters",
      "conversation",
    ],
    ["with tools that are none", { tools: ["w"] }, "invalid_type", "tools"],
    ["with store that is a text", { store: "false" }, "invalid_type", "store"],
    [
      "with too much metadata",
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [n, "x"])) },
      "invalid_value",
      "metadata",
    ],
    [
      "that continues the unknown",
      { previous_response_id: "resp_abc" },
      "previous_response_not_found",
      "previous_response_id",
    ],
    ["with more items than fit", { input: Array.from({ length: 9 }, () => USER) }, "context_length_exceeded", "input"],
  ])("%s is refused", async (...[, fields, code, param]) => {
    const [frame = {}] = await peer.create({ ...CREATE, ...fields });
    expect(frame).toMatchObject({ type: "error", status: 400 });
    expect(errorOf(frame)).toMatchObject({ type: "invalid_request_error", code, param });
  });

  it.each<[string, JsonObject[], string]>([
    ["an output without its call", [USER, OUTPUT], "No tool call found for function call output with call_id call_1."],
    ["an output before its call", [OUTPUT, CALL], "No tool call found for function call output with call_id call_1."],
    ["a call without its output", [USER, CALL], "No tool output found for function call call_1."],
    ["two outputs of a call", [CALL, OUTPUT, OUTPUT], "Duplicate function_call_output for call_id call_1."],
    [
      "an item that stands twice",
      [
        { ...USER, id: "msg_1" },
        { ...USER, id: "msg_1" },
      ],
      "Duplicate item found with id msg_1.",
    ],
  ])("with %s gets the literal message of the service", async (_what, input, message) => {
    const [frame = {}] = await peer.create({ input });
    expect(errorOf(frame)).toEqual({ type: "invalid_request_error", code: null, message, param: "input" });
  });

  it.each([[""], ["a b"], ["x".repeat(257)], [7], [null]])("with the lane %j gets invalid_stream_id", async (lane) => {
    const [frame = {}] = await peer.create({ input: "hello", stream_id: lane });
    expect(errorOf(frame)).toMatchObject({ code: "invalid_stream_id", param: "stream_id" });
    expect(frame).not.toHaveProperty("stream_id");
  });
});

describe("what is accepted", () => {
  it.each<[string, JsonObject]>([
    ["stream and client_metadata", { stream: true, client_metadata: { a: "b" } }],
    ["fields that nobody knows", { shiny: [1] }],
    ["items that nobody knows", { input: [USER, { type: "shell_call", action: {} }] }],
    ["an id that is used again once its call is answered", { input: [CALL, OUTPUT, CALL, OUTPUT] }],
    ["two calls of one id that get two outputs", { input: [CALL, CALL, OUTPUT, OUTPUT] }],
    ["null for absent", { tools: null, instructions: null, previous_response_id: null, metadata: null }],
    ["nothing new at all", { input: [] }],
  ])("%s", async (_what, fields) => {
    expect((await peer.create({ ...CREATE, ...fields })).at(-1)?.["type"]).toBe("response.completed");
  });

  it("passes over response.processed", async () => {
    peer.send({ type: "response.processed", response_id: "resp_1" });
    expect((await peer.create({ input: "hello" }))[0]?.["type"]).toBe("response.created");
    expect(bed.eventsOf("frame-ignored")).toMatchObject([{ type: "response.processed" }]);
  });
});
