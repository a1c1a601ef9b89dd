import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../protocol/json.ts";
import { createMessageLabeller } from "./message-labels.ts";

const created = (id: string, more: JsonObject = {}): JsonObject => ({
  type: "response.created",
  response: { id },
  ...more,
});

describe("the ids of a message", () => {
  it("are those that it names", () => {
    const labeller = createMessageLabeller();
    expect(labeller.label(created("r1", { stream_id: "x" }))).toEqual({ lane: "x", responseId: "r1" });
    expect(labeller.label({ type: "response.inject", response_id: "r9" })).toEqual({ responseId: "r9" });
    const item = { type: "function_call", call_id: "c1", arguments: '{"operation":"book"}' };
    expect(labeller.label({ type: "response.output_item.done", item })).toEqual({ callId: "c1", operation: "book" });
    expect(labeller.label({ type: "x", item: { call_id: "c1", arguments: "{" } })).toEqual({ callId: "c1" });
    expect(labeller.label({})).toEqual({});
  });

  it("are completed by the response that its lane is in the middle of", () => {
    const labeller = createMessageLabeller();
    labeller.label(created("r1"));
    labeller.label(created("r2", { stream_id: "x" }));
    const delta = { type: "response.output_text.delta" };
    expect(labeller.label(delta).responseId).toBe("r1");
    expect(labeller.label({ ...delta, stream_id: "x" }).responseId).toBe("r2");
    expect(labeller.label({ type: "codex.rate_limits" })).toEqual({});
  });

  it.each(["response.completed", "response.failed", "response.incomplete", "error"])(
    "are those of the response for its end, and of none behind it: %s",
    (type) => {
      const labeller = createMessageLabeller();
      labeller.label(created("r1"));
      expect(labeller.label({ type }).responseId).toBe("r1");
      expect(labeller.label({ type: "response.output_text.delta" }).responseId).toBeUndefined();
    },
  );
});
