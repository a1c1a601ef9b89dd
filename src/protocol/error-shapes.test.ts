import { describe, expect, it } from "vitest";

import { readErrorFrame, readRetryAfterMs } from "./error-shapes.ts";
import type { JsonObject } from "./json.ts";

const nested = {
  type: "invalid_request_error",
  code: "previous_response_not_found",
  message: "Not found.",
  param: "previous_response_id",
};

describe("an error frame", () => {
  it("is read in the nested form, with status and headers", () => {
    const error = { ...nested, headers: { "retry-after": "1" } };
    expect(readErrorFrame({ type: "error", status: 400, error })).toEqual({
      message: "Not found.",
      code: "previous_response_not_found",
      type: "invalid_request_error",
      param: "previous_response_id",
      status: 400,
      retryAfterMs: 1_000,
    });
  });

  it("is read in the flat form, whose type is that of the event", () => {
    const flat = { type: "error", code: "server_error", message: "Oh.", param: null, sequence_number: 1 };
    expect(readErrorFrame(flat)).toEqual({ message: "Oh.", code: "server_error" });
  });

  it("is read with status_code, and with headers beside the error", () => {
    const odd = { type: "error", status_code: 429, error: { message: "Slow." }, headers: { "retry-after-ms": "250" } };
    expect(readErrorFrame(odd)).toEqual({ message: "Slow.", status: 429, retryAfterMs: 250 });
  });

  it.each<JsonObject>([{}, { error: null }, { error: "text" }, { error: [] }, { message: 5, code: {}, status: "400" }])(
    "has a message whatever it holds: %j",
    (frame) => {
      expect(readErrorFrame(frame)).toEqual({ message: "error frame without a message" });
    },
  );
});

describe("Retry-After", () => {
  it.each<[JsonObject | undefined, number | undefined]>([
    [undefined, undefined],
    [{}, undefined],
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after": 0.5 }, 500],
    [{ "retry-after": "2", "retry-after-ms": "10" }, 10],
    [{ "retry-after": "2", "retry-after-ms": "soon" }, 2_000],
    [{ "retry-after": "-1" }, undefined],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, undefined],
    [{ "retry-after": "Infinity" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after-ms": null }, undefined],
  ])("%j is %s ms", (headers, milliseconds) => {
    expect(readRetryAfterMs(headers)).toBe(milliseconds);
  });
});
