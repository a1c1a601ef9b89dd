import { describe, expect, it } from "vitest";

import { digestOfText } from "../../determinism/stable-json.ts";
import type { Item } from "../../protocol/items.ts";
import {
  call,
  type HistoryFixture,
  inSession,
  judge,
  openFixture,
  record,
  respond,
  sendAnswer,
  startTurn,
  user,
} from "../history-fixture.test-support.ts";
import { saidBeforeRun } from "./said-before-run.ts";

const ARGUMENTS = '{"operation":"book"}';

function start(fixture: HistoryFixture, text = ARGUMENTS, operation = "book"): number {
  const body = { source: "tool", kind: "tool-started", execution: 0, name: "perform" } as const;
  return record(fixture, { ...body, argumentsDigest: digestOfText(text) }, { operation });
}

function ask(fixture: HistoryFixture, item: Item = call("c1", "book")): ReturnType<typeof respond> {
  startTurn(fixture, 0);
  return respond(fixture, { id: "r1", input: [user("turn 0")], output: [item] });
}

describe("a call is said before it runs (INV-05)", () => {
  it("holds where the finished item came first, or the completed response", () => {
    const fixture = openFixture();
    ask(fixture);
    start(fixture);
    expect(judge(saidBeforeRun, fixture)).toMatchObject({
      outcome: "holds",
      message: "each of 1 tools started with arguments that were said to the end",
    });
    const snapshot = openFixture();
    const body = { response: { id: "r1", output: [call("c1", "book")] } };
    sendAnswer(snapshot, { type: "response.completed", body, responseId: "r1" });
    start(snapshot);
    expect(judge(saidBeforeRun, snapshot).outcome).toBe("holds");
  });

  it("is violated where the arguments were mended from a piece", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const body = { delta: '{"operation":"bo' };
    const piece = sendAnswer(fixture, { type: "response.function_call_arguments.delta", body, responseId: "r1" });
    const started = start(fixture, '{"operation":"bo"}', "bo");
    expect(judge(saidBeforeRun, fixture)).toMatchObject({
      outcome: "violated",
      message:
        "session 0: the tool perform was started for operation bo with arguments that the model never finished saying",
      evidence: [piece.arrived, started],
    });
  });

  it("is violated where the finished item never reached the client", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    sendAnswer(fixture, { type: "response.output_item.done", body: { item: call("c1", "book") }, lost: true });
    expect(judge(saidBeforeRun, fixture).outcome).toBe("not-exercised");
    const started = start(fixture);
    expect(judge(saidBeforeRun, fixture)).toMatchObject({ outcome: "violated", evidence: [started] });
  });

  it("is violated where the result of the tool was sent before its call was finished", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    const started = start(fixture);
    const returned = { source: "tool", kind: "tool-returned", execution: 0, failed: false } as const;
    record(fixture, { ...returned, outputDigest: digestOfText("receipt") }, { operation: "book" });
    const input = [{ type: "function_call_output", call_id: "c1", output: "receipt" }];
    const { received } = respond(fixture, { id: "r1", input, output: [call("c1", "book")] });
    expect(judge(saidBeforeRun, fixture)).toMatchObject({ outcome: "violated" });
    expect(judge(saidBeforeRun, fixture).evidence[0]).toBe(started);
    expect(received).toBeGreaterThan(started);
  });

  it("is unknown where nothing shows which of the two came first", () => {
    const fixture = openFixture();
    const started = start(fixture);
    ask(fixture);
    expect(judge(saidBeforeRun, fixture)).toMatchObject({ outcome: "unknown" });
    expect(judge(saidBeforeRun, fixture).evidence[0]).toBe(started);
  });

  it("is unknown where the history does not show the arguments", () => {
    const fixture = openFixture();
    ask(fixture, call("c1", "redacted:0a1b2c3d"));
    start(fixture, '{"operation":"secret"}');
    expect(judge(saidBeforeRun, fixture).outcome).toBe("unknown");
  });

  it("is not exercised where no tool started", () => {
    const fixture = openFixture();
    ask(fixture);
    expect(judge(saidBeforeRun, fixture)).toMatchObject({ outcome: "not-exercised", evidence: [] });
  });
});

describe("what INV-05 must not flag", () => {
  it("arguments that the client read and wrote again", () => {
    const fixture = openFixture();
    ask(fixture, { ...call("c1", "book"), arguments: '{ "operation": "book" }' });
    start(fixture);
    expect(judge(saidBeforeRun, fixture).outcome).toBe("holds");
  });

  it("the input of a custom tool", () => {
    const fixture = openFixture();
    ask(fixture, { type: "custom_tool_call", call_id: "x1", name: "perform", input: "ls" });
    record(fixture, {
      source: "tool",
      kind: "tool-started",
      execution: 0,
      name: "perform",
      argumentsDigest: digestOfText("ls"),
    });
    expect(judge(saidBeforeRun, fixture).outcome).not.toBe("violated");
  });

  it("a tool that starts with its item, before a response that never completes", () => {
    const fixture = openFixture();
    startTurn(fixture, 0);
    respond(fixture, { id: "r1", input: [user("turn 0")], output: [call("c1", "book")], completed: "never" });
    start(fixture);
    expect(judge(saidBeforeRun, fixture).outcome).toBe("holds");
  });

  it("but it does flag a call that only another session received", () => {
    const fixture = openFixture();
    ask(inSession(fixture, 1));
    start(fixture);
    expect(judge(saidBeforeRun, fixture).outcome).toBe("violated");
  });
});
