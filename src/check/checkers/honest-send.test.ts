import { describe, expect, it } from "vitest";

import { judgeTimed, openTimed, type TimedFixture } from "../dial-fixture.test-support.ts";
import { honestSend } from "./honest-send.ts";

const CHAINED = { previous_response_id: "resp_1", input: ["output"], store: false };

/** A create that is under way when the connection is reset, and the connection after it. */
function lostUnder(body: { readonly input: readonly string[] }): TimedFixture {
  const fixture = openTimed();
  fixture.startTurn();
  fixture.dial();
  fixture.open();
  fixture.create(body);
  fixture.face({ kind: "reset", by: "proxy" });
  fixture.dial();
  fixture.open();
  return fixture;
}

describe("an honest send (INV-30)", () => {
  it("holds where the create is composed afresh for the new connection, or sent again in full", () => {
    const afresh = lostUnder(CHAINED);
    afresh.create({ input: ["hello", "call", "output"] });
    afresh.endTurn();
    expect(judgeTimed(honestSend, afresh)).toMatchObject({ outcome: "holds" });
    const full = lostUnder({ input: ["hello"] });
    full.create({ input: ["hello"] });
    expect(judgeTimed(honestSend, full).outcome).toBe("holds");
  });

  it("is violated where a chained create goes out unchanged on another connection", () => {
    const fixture = lostUnder(CHAINED);
    const again = fixture.create({ ...CHAINED });
    expect(judgeTimed(honestSend, fixture)).toMatchObject({
      outcome: "violated",
      message: expect.stringContaining("went out unchanged on connection 1"),
      evidence: [6, 7, again],
    });
    expect(judgeTimed(honestSend, fixture, { store: true }).outcome).toBe("holds");
  });

  it("is violated where one connection carries the same create twice at once", () => {
    const fixture = lostUnder({ input: ["hello"] });
    const first = fixture.create({ input: ["hello"] });
    const second = fixture.create({ input: ["hello"] });
    expect(judgeTimed(honestSend, fixture)).toMatchObject({ outcome: "violated", evidence: [first, second] });
  });

  it("holds where the same create is sent again when the first one had ended", () => {
    const fixture = lostUnder({ input: ["hello"] });
    fixture.create({ input: ["hello"] });
    fixture.receive("error", { type: "error", error: { code: "server_error", message: "" } });
    fixture.create({ input: ["hello"] });
    expect(judgeTimed(honestSend, fixture).outcome).toBe("holds");
  });

  it("is violated where the client reconnects and never says again what was lost", () => {
    const fixture = lostUnder({ input: ["hello"] });
    const overdue = fixture.overdue();
    expect(judgeTimed(honestSend, fixture)).toMatchObject({ outcome: "violated", evidence: [7, 10, overdue] });
  });

  it("is not exercised where no connection was lost in a turn", () => {
    const fixture = openTimed();
    fixture.dial();
    fixture.face({ kind: "reset", by: "proxy" });
    expect(judgeTimed(honestSend, fixture).outcome).toBe("not-exercised");
  });
});
