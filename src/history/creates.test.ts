import { describe, expect, it } from "vitest";

import type { Item } from "../protocol/items.ts";
import { collectCreates, type ObservedCreate } from "./creates.ts";
import type { EventBody, EventPlace } from "./event.ts";
import { collectReceived } from "./passages.ts";
import { collectResponses } from "./responses.ts";
import { create, delivered, historyOf, sent } from "./session-history.test-support.ts";

const user = (content: string): Item => ({ type: "message", role: "user", content });
const said: Item = { type: "message", role: "assistant", content: "hello" };
type Line = EventBody & EventPlace;
const both = (type: string, place: EventPlace): readonly Line[] => [sent({ type }, place), delivered(type, place)];
const created = (responseId: string, place: EventPlace = {}): readonly Line[] =>
  both("response.created", { responseId, ...place });
const error = (place: EventPlace = {}): readonly Line[] => both("error", place);

function createsOf(...lines: readonly (Line | readonly Line[])[]): readonly ObservedCreate[] {
  const history = historyOf(...lines.flat());
  return collectCreates(history, { responses: collectResponses(history), received: collectReceived(history) });
}

describe("the creates of a history", () => {
  it("are joined to the response that the server began for them", () => {
    const [one] = createsOf(create({ input: "hi", store: false }), created("r1"));
    expect(one).toMatchObject({
      session: 0,
      connection: 0,
      input: [user("hi")],
      effectiveInput: [user("hi")],
      previousResponseId: undefined,
      parent: undefined,
      isStored: false,
      isWarmUp: false,
      response: { id: "r1" },
      refusal: undefined,
    });
  });

  it("are joined to the error that refused them, each to its own", () => {
    const creates = createsOf(
      create({ input: "a" }),
      create({ input: "b" }),
      created("r1"),
      both("response.completed", { responseId: "r1" }),
      error(),
    );
    expect(creates.map(({ response, refusal }) => [response?.id, refusal?.event.sequence])).toEqual([
      ["r1", undefined],
      [undefined, 7],
    ]);
  });

  it("are not refused by an error of another connection or lane, or by one that ends a running response", () => {
    for (const place of [{ connection: 1 }, { lane: "l1" }]) {
      expect(createsOf(create({ input: "a" }), error(place))[0]?.refusal).toBeUndefined();
    }
    const creates = createsOf(create({ input: "a" }), created("r1"), create({ input: "b" }), error());
    expect(creates.map(({ refusal }) => refusal)).toEqual([undefined, undefined]);
  });

  it("have an effective input also where they were refused", () => {
    const done = sent({ type: "response.output_item.done", item: said }, { responseId: "r1" });
    const chained = create({ input: "and now?", previous_response_id: "r1" }, { connection: 1 });
    const [, second] = createsOf(create({ input: "hi" }), created("r1"), done, chained, error({ connection: 1 }));
    expect(second).toMatchObject({ parent: { id: "r1" }, effectiveInput: [user("hi"), said, user("and now?")] });
    expect(second?.refusal?.event.sequence).toBe(6);
  });

  it("have none where they chain on a response that the session never had", () => {
    const [one] = createsOf(create({ input: "and now?", previous_response_id: "r9" }), created("r10"));
    expect(one).toMatchObject({ previousResponseId: "r9", parent: undefined, effectiveInput: undefined });
    expect(createsOf(create({ input: "hi", previous_response_id: null }))[0]?.effectiveInput).toEqual([user("hi")]);
  });

  it("are stored unless they say otherwise, and may be warm-ups", () => {
    expect(createsOf(create({ input: [], generate: false }))[0]).toMatchObject({ isStored: true, isWarmUp: true });
  });
});
