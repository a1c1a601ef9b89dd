import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import type { ProtocolError } from "../protocol/error-shapes.ts";
import { createFailureJudge, describeFailure, type Failure, judgeCloseCode, retryAfterMsOf } from "./index.ts";

const judge = createFailureJudge()({ clock: createSystemClock(), random: createRandom(1) });
const first = { earlier: [], isChained: false };

function verdictOn(error: Partial<ProtocolError>, circumstances = first): string {
  const { action, connection } = judge.judge({ kind: "error-frame", error: { message: "m", ...error } }, circumstances);
  return `${action} ${connection}`;
}

describe("the judgement of failures", () => {
  it("has one answer for every close code, and retries exactly those that a new connection can cure", () => {
    const retried = Array.from({ length: 5000 }, (_, code) => code).filter((code) => judgeCloseCode(code) === "retry");
    expect(retried).toEqual([1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015]);
  });

  it.each([
    [{ code: "previous_response_not_found", status: 400 }, "retry-at-once keep"],
    [{ message: "Previous response with id 'resp_1' not found." }, "retry-at-once keep"],
    [{ param: "previous_response_id" }, "retry-at-once keep"],
    [{ code: "websocket_connection_limit_reached", status: 400 }, "retry-at-once renew"],
    [{ message: "Responses websocket connection limit reached (60 minutes)." }, "retry-at-once renew"],
    [{ code: "websocket_stream_limit_reached", status: 400 }, "retry-at-once renew"],
    [{ code: "invalid_stream_id", status: 400 }, "stop renew"],
    [{ code: "rate_limit_exceeded", status: 429 }, "retry renew"],
    [{ code: "server_is_overloaded" }, "retry renew"],
    [{ code: "slow_down", status: 429 }, "retry renew"],
    [{ status: 502 }, "retry renew"],
    [{ type: "server_error" }, "retry renew"],
    [{}, "retry renew"],
    [{ code: "insufficient_quota", status: 429 }, "stop renew"],
    [{ code: "credit_balance_exhausted", status: 429 }, "stop renew"],
    [{ type: "usage_limit_reached", status: 429 }, "stop renew"],
    [{ code: "usage_not_included", status: 429 }, "stop renew"],
    [{ code: "context_length_exceeded" }, "stop renew"],
    [{ type: "invalid_request_error" }, "stop renew"],
    [{ status: 400, message: "No tool call found for function call output with call_id call_1." }, "stop renew"],
  ])("%o: %s", (error, expected) => {
    expect(verdictOn(error)).toBe(expected);
  });

  it("repeats what is repeated at once a single time", () => {
    for (const [code, then] of [
      ["previous_response_not_found", "stop renew"],
      ["websocket_connection_limit_reached", "retry renew"],
    ] as const) {
      const failure: Failure = { kind: "error-frame", error: { message: "m", code } };
      expect(verdictOn({ code }, { ...first, earlier: [failure] as never[] })).toBe(then);
    }
  });

  it("answers a missing half of a pair with the full input once, if the create was chained", () => {
    const error = { status: 400, message: "No tool output found for function call call_1." };
    expect(verdictOn(error, { ...first, isChained: true })).toBe("retry-at-once keep");
    expect(verdictOn(error)).toBe("stop renew");
  });
});

describe("the description of a failure", () => {
  it("names close code, reason and what was known", () => {
    const lost: Failure = {
      kind: "connection-lost",
      closeCode: 1006,
      reason: "",
      phase: "created",
      detail: "no frame for 5 ms",
    };
    expect(describeFailure(lost)).toBe("connection lost: close code 1006 (no frame for 5 ms), the response had begun");
    const error = { message: "m", status: 400, code: "c", type: "t", param: "p" };
    expect(describeFailure({ kind: "error-frame", error })).toBe("error from the server: 400 · t · c · param p · m");
    expect(describeFailure({ kind: "response-failed", error })).toContain("the response failed: 400");
  });

  it("finds the wait that a message asks for", () => {
    const wait = (message: string): number | undefined => retryAfterMsOf({ kind: "error-frame", error: { message } });
    expect([wait("Please try again in 1.2s."), wait("try again in 250 ms"), wait("no")]).toEqual([
      1200,
      250,
      undefined,
    ]);
  });
});
