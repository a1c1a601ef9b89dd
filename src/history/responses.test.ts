import { describe, expect, it } from "vitest";

import type { Item } from "../protocol/items.ts";
import type { EventPlace } from "./event.ts";
import { callsOf, collectResponses } from "./responses.ts";
import { create, delivered, historyOf, sent } from "./session-history.test-support.ts";

const one: EventPlace = { responseId: "resp_1" };
const two: EventPlace = { responseId: "resp_2" };
const user = (content: string): Item => ({ type: "message", role: "user", content });
const call = (callId: string, more: object = {}): Item => ({
  type: "function_call",
  call_id: callId,
  name: "perform",
  arguments: "{}",
  ...more,
});
const output = (callId: string): Item => ({ type: "function_call_output", call_id: callId, output: "ok" });
const said = (id: string): Item => ({ type: "message", id, role: "assistant", content: [] });
const created = (place: EventPlace): ReturnType<typeof sent> => sent({ type: "response.created" }, place);
const done = (item: Item, place: EventPlace): ReturnType<typeof sent> =>
  sent({ type: "response.output_item.done", item }, place);
const completed = (items: readonly Item[], place: EventPlace): ReturnType<typeof sent> =>
  sent({ type: "response.completed", response: { output: items } }, place);

describe("the responses of a history", () => {
  it("are put together from create to completed, with what left the server and what reached the client", () => {
    const history = historyOf(
      create({ input: "book" }),
      created(one),
      done(call("c1"), one),
      completed([call("c1")], one),
      delivered("response.completed", one),
    );
    const [response, ...more] = collectResponses(history);
    expect(more).toEqual([]);
    expect(response).toMatchObject({
      session: 0,
      connection: 0,
      id: "resp_1",
      create: { sequence: 0 },
      created: { sequence: 1 },
      effectiveInput: [user("book")],
      output: [{ item: call("c1"), done: { sequence: 2 } }],
      completed: { sequence: 3 },
      completedDelivered: { sequence: 4 },
    });
  });

  it("have nothing completed where nothing was, and nothing delivered where that was lost", () => {
    const [open] = collectResponses(historyOf(create({ input: "a" }), created(one)));
    expect(open).toMatchObject({ completed: undefined, completedDelivered: undefined, output: [] });
    const [lost] = collectResponses(historyOf(create({ input: "a" }), created(one), completed([], one)));
    expect(lost).toMatchObject({ completed: { sequence: 2 }, completedDelivered: undefined });
  });

  it("see the closure of previous_response_id before their own input", () => {
    const history = historyOf(
      create({ input: "book" }),
      created(one),
      done(said("m1"), one),
      done(call("c1"), one),
      completed([], one),
      create({ input: [output("c1")], previous_response_id: "resp_1" }),
      created(two),
      done(said("m2"), two),
      create({ input: "thanks", previous_response_id: "resp_2" }),
      created({ responseId: "resp_3" }),
      create({ input: "anew", previous_response_id: null }),
      created({ responseId: "resp_4" }),
      create({ input: "lost", previous_response_id: "resp_unknown" }),
      created({ responseId: "resp_5" }),
    );
    const inputs = collectResponses(history).map(({ effectiveInput }) => effectiveInput);
    const first = [user("book")];
    const second = [...first, said("m1"), call("c1"), output("c1")];
    const third = [...second, said("m2"), user("thanks")];
    expect(inputs).toEqual([first, second, third, [user("anew")], [user("lost")]]);
  });

  it("are kept apart by session, also where their ids are the same", () => {
    const history = historyOf(
      create({ input: "a" }),
      create({ input: "b" }, { session: 1 }),
      created({ ...one, session: 1 }),
      created(one),
      done(call("c1"), one),
    );
    expect(
      collectResponses(history).map(({ session, effectiveInput, output: items }) => [
        session,
        effectiveInput,
        items.length,
      ]),
    ).toEqual([
      [1, [user("b")], 0],
      [0, [user("a")], 1],
    ]);
  });

  it("answer the creates of their own lane and connection, the oldest first", () => {
    const laneX: EventPlace = { lane: "x" };
    const history = historyOf(
      create({ input: "default 1" }),
      create({ input: "x 1" }, laneX),
      create({ input: "default 2" }),
      create({ input: "elsewhere" }, { connection: 1 }),
      created({ responseId: "r-x", ...laneX }),
      created({ responseId: "r-elsewhere", connection: 1 }),
      created({ responseId: "r-1" }),
      created({ responseId: "r-2" }),
      created({ responseId: "r-nobody-asked" }),
    );
    expect(collectResponses(history).map(({ id, effectiveInput }) => [id, effectiveInput])).toEqual([
      ["r-x", [user("x 1")]],
      ["r-elsewhere", [user("elsewhere")]],
      ["r-1", [user("default 1")]],
      ["r-2", [user("default 2")]],
    ]);
  });

  it("leave out a create that was refused, and what answers the next one is its own", () => {
    const history = historyOf(
      create({ input: "refused" }),
      sent({ type: "error" }),
      create({ input: "taken" }),
      created(one),
    );
    expect(collectResponses(history).map(({ effectiveInput }) => effectiveInput)).toEqual([[user("taken")]]);
  });

  it("are not mixed up by an error that ends one of them", () => {
    const history = historyOf(
      create({ input: "a" }),
      created(one),
      create({ input: "b" }),
      sent({ type: "error" }, one),
      created(two),
    );
    expect(collectResponses(history).map(({ id, effectiveInput }) => [id, effectiveInput])).toEqual([
      ["resp_1", [user("a")]],
      ["resp_2", [user("b")]],
    ]);
  });

  it("hold an item once that was sent twice", () => {
    const history = historyOf(
      create({ input: "a" }),
      created(one),
      done(call("c1"), one),
      done(call("c1", { id: "fc_2" }), one),
      done(said("m1"), one),
      done(said("m1"), one),
      done(call("c2"), one),
    );
    expect(collectResponses(history)[0]?.output.map(({ item }) => item)).toEqual([call("c1"), said("m1"), call("c2")]);
  });

  it("take an item that was never done from response.completed", () => {
    const history = historyOf(create({ input: "a" }), created(one), completed([said("m1"), call("c1")], one));
    expect(collectResponses(history)[0]?.output).toEqual([
      { item: said("m1"), done: expect.objectContaining({ sequence: 2 }) },
      { item: call("c1"), done: expect.objectContaining({ sequence: 2 }) },
    ]);
  });

  it("take those items alone that were never done, and believe the done one where the two disagree", () => {
    const good = call("c1", { id: "fc_1", arguments: '{"operation":"a"}' });
    const history = historyOf(
      create({ input: "a" }),
      created(one),
      done(good, one),
      done({ type: "message", role: "assistant", content: "nameless" }, one),
      completed(
        [
          { type: "message", role: "assistant", content: "nameless" },
          call("c1", { arguments: "{}" }),
          call("c9", { id: "fc_1" }),
          call("c2", { id: "fc_2" }),
        ],
        one,
      ),
    );
    expect(collectResponses(history)[0]?.output.map(({ item }) => item)).toEqual([
      good,
      { type: "message", role: "assistant", content: "nameless" },
      call("c2", { id: "fc_2" }),
    ]);
  });

  it("ignore what is no item, and what belongs to no response", () => {
    const history = historyOf(
      created(one),
      done(call("c1"), one),
      create({ input: "a" }),
      created(two),
      sent({ type: "response.output_item.done" }, two),
      sent({ type: "response.output_item.done", item: "text" }, two),
      sent({ type: "response.output_item.done", item: call("c1") }),
    );
    expect(collectResponses(history).map(({ id, output: items }) => [id, items])).toEqual([["resp_2", []]]);
  });

  it("have calls, each with the message that made it final", () => {
    const history = historyOf(create({ input: "a" }), created(one), done(said("m1"), one), done(call("c1"), one));
    const [response] = collectResponses(history);
    expect(response === undefined ? [] : callsOf(response)).toEqual([
      { call: call("c1"), done: expect.objectContaining({ sequence: 3 }) },
    ]);
  });
});
