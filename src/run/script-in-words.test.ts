import { describe, expect, it } from "vitest";

import { spellOutTurn } from "./script-in-words.ts";

describe("a turn for a model that does not know the script", () => {
  it("says after the user's own words what the script would have the model do", () => {
    const book = { operation: "book", arguments: { seat: "12A", aisle: false } };
    const steps = [
      { calls: [book, { operation: "pay", name: "charge" }] },
      { text: "One moment.", calls: [{ operation: "mail" }] },
      { text: "It is booked." },
    ];
    expect(spellOutTurn({ userText: "Book a seat.", script: { steps } })).toMatchInlineSnapshot(`
      "Book a seat.

      Do it in these steps:
      1. Call at once, with exactly these arguments:
      - perform {"aisle":false,"operation":"book","seat":"12A"}
      - charge {"operation":"pay"}
      2. When all have answered, say "One moment.", and call at once, with exactly these arguments:
      - perform {"operation":"mail"}
      3. When all have answered, say "It is booked.""
    `);
  });

  it("is one sentence where nothing is to be called", () => {
    expect(spellOutTurn({ userText: "Good day.", script: { steps: [{ text: "Hello." }] } })).toBe(
      'Good day.\n\nDo it in these steps:\n1. Say "Hello."',
    );
  });
});
