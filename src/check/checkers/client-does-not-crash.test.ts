import { describe, expect, it } from "vitest";

import type { HistoryEvent } from "../../history/event.ts";
import { type HistoryFixture, judge, openFixture, record } from "../history-fixture.test-support.ts";
import { clientDoesNotCrash } from "./client-does-not-crash.ts";

type Exit = { readonly code: number | null; readonly signal?: string; readonly expected?: boolean };

function exit(fixture: HistoryFixture, { code, signal, expected = false }: Exit): number {
  return record(fixture, { source: "client", kind: "client-exited", code, signal: signal ?? null, expected });
}

function print(fixture: HistoryFixture, text: string): number {
  return record(fixture, { source: "client", kind: "output", stream: "stderr", text });
}

const STACK = `node:events:502
      throw er; // Unhandled 'error' event

Error: read ECONNRESET
    at TCP.onStreamRead (node:internal/stream_base_commons:218:20)

Node.js v20.20.2
`;

describe("the client does not crash (INV-42)", () => {
  it("holds where the process left when it was told to, whatever it printed", () => {
    const fixture = openFixture();
    print(fixture, STACK);
    exit(fixture, { code: 0, expected: true });
    expect(judge(clientDoesNotCrash, fixture)).toMatchObject({
      outcome: "holds",
      message: "the client's process was alive until it was told to leave",
    });
  });

  it("is violated where it ended by itself, and shows the fault before it and the error that it printed", () => {
    const fixture = openFixture();
    record(fixture, { source: "fault", kind: "fault-applied", id: "one", fault: {}, delayMs: 0 });
    const fault = record(fixture, { source: "fault", kind: "fault-applied", id: "two", fault: {}, delayMs: 0 });
    const printed = print(fixture, STACK);
    const exited = exit(fixture, { code: 1 });
    record(fixture, { source: "fault", kind: "fault-applied", id: "three", fault: {}, delayMs: 0 });
    expect(judge(clientDoesNotCrash, fixture)).toMatchObject({
      outcome: "violated",
      message: "the client's process ended with code 1; it printed: Error: read ECONNRESET",
      evidence: [fault, printed, exited],
    });
  });

  it("finds the error where the process printed in several pieces", () => {
    const fixture = openFixture();
    print(fixture, "client.js:3\n      throw er;\n      ^\n\n");
    const printed = print(fixture, "TypeError: late\n    at Timeout._onTimeout (client.js:3:9)\n");
    print(fixture, "\nNode.js v20.20.2\n");
    const exited = exit(fixture, { code: 1 });
    expect(judge(clientDoesNotCrash, fixture)).toMatchObject({
      message: "the client's process ended with code 1; it printed: TypeError: late",
      evidence: [printed, exited],
    });
  });

  it("names the signal, and the last line where no line looks like an error", () => {
    const fixture = openFixture();
    const printed = print(fixture, "starting\nout of luck\n\n");
    const exited = exit(fixture, { code: null, signal: "SIGKILL" });
    expect(judge(clientDoesNotCrash, fixture)).toMatchObject({
      message: "the client's process ended by SIGKILL; it printed: out of luck",
      evidence: [printed, exited],
    });
  });

  it("is violated where it ended with code 0 in the middle of the run", () => {
    const fixture = openFixture();
    const exited = exit(fixture, { code: 0 });
    expect(judge(clientDoesNotCrash, fixture)).toMatchObject({
      outcome: "violated",
      message: "the client's process ended with code 0",
      evidence: [exited],
    });
  });

  it("is not exercised where the client never started", () => {
    const events: HistoryEvent[] = [];
    expect(judge(clientDoesNotCrash, { events, session: 0 })).toMatchObject({
      outcome: "not-exercised",
      evidence: [],
    });
  });
});
