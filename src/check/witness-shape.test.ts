import { describe, expect, it } from "vitest";

import { effectNotRepeated } from "./checkers/effect-not-repeated.ts";
import * as fixture from "./history-fixture.test-support.ts";
import type { Verdict } from "./verdict.ts";
import { witnessOf, witnessShapeOf } from "./witness-shape.ts";

function verdictOn(...evidence: readonly number[]): Verdict {
  return { checker: "c", rule: effectNotRepeated.rule, outcome: "violated", message: "", advice: "", evidence };
}

describe("the shape of a witness", () => {
  it("names each event by source, kind, type, direction and fault, in order", () => {
    const history = fixture.openFixture();
    const { create, done } = fixture.respond(history, {
      id: "resp_1",
      input: [fixture.user("hello")],
      output: [fixture.says("hi")],
    });
    const applied = fixture.record(history, {
      source: "fault",
      kind: "fault-applied",
      id: "any",
      fault: { kind: "cut", mode: "fin" },
      delayMs: 0,
    });
    expect(witnessShapeOf(verdictOn(create, done[0] ?? 0, applied), history.events)).toEqual([
      "client-face message response.create to-server",
      "server-face message response.output_item.done to-client",
      "fault fault-applied cut",
    ]);
  });

  it("is the same for the same failure of another session, later and under other ids", () => {
    const shapes = [0, 3].map((session) => {
      const history = fixture.inSession(fixture.openFixture(), session);
      for (let turn = 0; turn < session; turn += 1) fixture.startTurn(history, turn);
      const { create, completed } = fixture.respond(history, { id: `resp_${session}`, input: [fixture.user("hello")] });
      return witnessShapeOf(verdictOn(create, completed ?? 0), history.events);
    });
    expect(shapes[0]).toHaveLength(2);
    expect(shapes[1]).toEqual(shapes[0]);
  });

  it("leaves out what the history does not hold", () => {
    expect(witnessOf([400], fixture.openFixture().events)).toEqual([]);
  });
});
