import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../protocol/json.ts";
import { failingDials, judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { noHopelessRetry } from "./no-hopeless-retry.ts";

/** A create that is answered with an error, and then another one. */
function refused(error: JsonObject, again: readonly string[] = ["hello"]): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.open();
  fixture.create({ input: ["hello"] });
  fixture.receive("error", { type: "error", ...error });
  fixture.create({ input: again });
  return fixture;
}

const stated = (code: string, status = 400): JsonObject => ({ status, error: { code, message: "" } });

describe("no hopeless retry (B6)", () => {
  it.each([
    ["a bad request", stated("invalid_value")],
    ["a quota", stated("insufficient_quota", 429)],
    ["credentials", stated("invalid_api_key", 401)],
  ])("is violated by the same create after %s", (_what, error) => {
    expect(judgeTimed(noHopelessRetry, refused(error))).toMatchObject({ outcome: "violated", evidence: [6, 7, 8] });
    expect(judgeTimed(noHopelessRetry, refused(error, ["something else"])).outcome).toBe("holds");
  });

  it.each([
    stated("previous_response_not_found"),
    stated("websocket_connection_limit_reached"),
    stated("rate_limit_exceeded", 429),
    stated("server_error", 500),
    { message: "something went wrong" },
  ])("is not exercised by what passes: %j", (error) => {
    expect(judgeTimed(noHopelessRetry, refused(error)).outcome).toBe("not-exercised");
  });

  it("is violated by another dial after 404, and by a second one after 401", () => {
    const dials = (status: number, times: number): string => {
      const fixture = openTimed();
      fixture.startTurn();
      for (let dial = 0; dial < times; dial += 1) {
        fixture.dial();
        fixture.face({ kind: "dial-rejected", how: `status ${status}` });
      }
      return judgeTimed(noHopelessRetry, fixture).outcome;
    };
    expect([dials(404, 1), dials(404, 2)]).toEqual(["holds", "violated"]);
    expect([dials(401, 2), dials(401, 3)]).toEqual(["holds", "violated"]);
    const lostLater = openTimed();
    lostLater.startTurn();
    for (const how of ["status 401", "reset", "reset"]) {
      lostLater.dial();
      lostLater.face({ kind: "dial-rejected", how });
    }
    expect(judgeTimed(noHopelessRetry, lostLater).outcome).toBe("holds");
    expect([dials(503, 3), dials(429, 3)]).toEqual(["not-exercised", "not-exercised"]);
  });

  it("is violated by the same create after close code 1009 where the client read that, and not exercised by lost dials", () => {
    const repeated = (answersClose: boolean): TimedFixture => {
      const fixture = openTimed();
      fixture.startTurn();
      fixture.dial();
      fixture.open();
      fixture.create({ input: ["much"] });
      fixture.face({ kind: "frame-injected", direction: "to-client", code: 1009 });
      if (answersClose) fixture.face({ kind: "control-frame", direction: "to-server", opcode: "close", code: 1009 });
      fixture.dial();
      fixture.open();
      fixture.create({ input: ["much"] });
      return fixture;
    };
    expect(judgeTimed(noHopelessRetry, repeated(false)).outcome).toBe("unknown");
    expect(judgeTimed(noHopelessRetry, repeated(true))).toMatchObject({
      outcome: "violated",
      message: "session 0: a create was refused with close code 1009, and the same create was sent again",
    });
    expect(judgeTimed(noHopelessRetry, failingDials([1, 1])).outcome).toBe("not-exercised");
  });
});
