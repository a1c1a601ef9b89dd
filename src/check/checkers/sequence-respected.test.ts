import { describe, expect, it } from "vitest";

import {
  endTurn,
  type HistoryFixture,
  judge,
  openFixture,
  respond,
  retract,
  says,
  sendAnswer,
  sendCreate,
  show,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { sequenceRespected } from "./sequence-respected.ts";

const PIECES = ["It is ", "booked", ", sir."];
const TEXT = PIECES.join("");

/** A completed response of which these pieces arrive, by their places. Answers the arrival of each. */
function tell(fixture: HistoryFixture, places: readonly number[]): readonly (number | undefined)[] {
  startTurn(fixture, 0);
  sendCreate(fixture, { input: [user("turn 0")] });
  const answer = (type: string, body: object): number | undefined =>
    sendAnswer(fixture, { type, responseId: "r1", body: { ...body } }).arrived;
  answer("response.created", { sequence_number: 0 });
  const arrivals = places.map((place) =>
    answer("response.output_text.delta", { sequence_number: 1 + place, delta: PIECES[place] }),
  );
  answer("response.output_item.done", { sequence_number: 4, item: says(TEXT) });
  answer("response.completed", { sequence_number: 5, response: { id: "r1", output: [says(TEXT)] } });
  return arrivals;
}

const naive = (places: readonly number[]): string => places.map((place) => PIECES[place]).join("");

describe("sequence numbers are respected (INV-19)", () => {
  it.each([
    ["repeated", [0, 0, 1, 2]],
    ["missing", [0, 2]],
    ["out of order", [0, 2, 1]],
  ])("holds where a piece is %s and the turn shows the finished text", (_what, places) => {
    const fixture = openFixture();
    tell(fixture, places);
    endTurn(fixture, 0, { text: TEXT });
    expect(judge(sequenceRespected, fixture)).toMatchObject({ outcome: "holds" });
  });

  it.each([
    ["event 1 came again", [0, 0, 1, 2], 1],
    ["event 2 was missing", [0, 2], 1],
    ["event 2 was missing", [0, 2, 1], 1],
    ["event 3 was missing", [0, 1], 2],
  ])("is violated where %s and the turn shows the pieces as they came", (what, places, flawed) => {
    const fixture = openFixture();
    const arrivals = tell(fixture, places);
    const ended = endTurn(fixture, 0, { text: naive(places) });
    const verdict = judge(sequenceRespected, fixture);
    expect(verdict).toMatchObject({
      outcome: "violated",
      message: `session 0: in r1 ${what}, and turn 0 shows the pieces as they came`,
    });
    // Behind the last piece the finished item is what does not follow.
    const witness = arrivals[flawed] ?? (arrivals.at(-1) ?? 0) + 2;
    expect(verdict.evidence).toEqual([witness, ended]);
  });

  it("looks at what the client showed, and forgives what it took back", () => {
    const places = [0, 0, 1, 2];
    const shown = openFixture();
    tell(shown, places);
    show(shown, naive(places));
    endTurn(shown, 0, { text: TEXT });
    expect(judge(sequenceRespected, shown).outcome).toBe("violated");
    const corrected = openFixture();
    tell(corrected, places);
    show(corrected, naive(places));
    retract(corrected);
    show(corrected, TEXT);
    endTurn(corrected, 0, { text: TEXT });
    expect(judge(sequenceRespected, corrected).outcome).toBe("holds");
  });

  it("is unknown where the turn shows something else", () => {
    const fixture = openFixture();
    tell(fixture, [0, 0, 1, 2]);
    endTurn(fixture, 0, { text: "Booked!" });
    expect(judge(sequenceRespected, fixture).outcome).toBe("unknown");
  });

  it("is not exercised where all numbers follow, where there are none, and where the turn failed", () => {
    const whole = openFixture();
    tell(whole, [0, 1, 2]);
    endTurn(whole, 0, { text: TEXT });
    expect(judge(sequenceRespected, whole)).toMatchObject({ outcome: "not-exercised", evidence: [] });
    const unnumbered = openFixture();
    startTurn(unnumbered, 0);
    respond(unnumbered, { id: "r1", input: [user("turn 0")], deltas: ["yes, ", "yes, "], output: [says("yes, ")] });
    endTurn(unnumbered, 0, { text: "yes, yes, " });
    expect(judge(sequenceRespected, unnumbered).outcome).toBe("not-exercised");
    const failed = openFixture();
    tell(failed, [0, 2]);
    show(failed, naive([0, 2]));
    endTurn(failed, 0, { cause: "events were missing" });
    expect(judge(sequenceRespected, failed).outcome).toBe("not-exercised");
  });
});
