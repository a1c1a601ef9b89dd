import { expect } from "vitest";

import { digestOfText } from "../determinism/stable-json.ts";
import type { EventBody, EventPlace, HistoryEvent } from "../history/event.ts";
import { DEFAULT_CONTRACT } from "../plan/contract.ts";
import type { ScheduledFault } from "../plan/fault.ts";
import { DEFAULT_LIMITS, type Plan } from "../plan/plan.ts";
import type { Item } from "../protocol/items.ts";
import type { JsonObject } from "../protocol/json.ts";
import { checkHistory } from "./check-history.ts";
import type { Checker } from "./checker.ts";
import type { Verdict } from "./verdict.ts";

/** A history that a test writes event by event, as the faces, the ledger and the harness would have. */
export type HistoryFixture = {
  readonly events: HistoryEvent[];
  /** Whose events are written; `inSession` gives the same history for another one. */
  readonly session: number;
};

/** Opens a history in which the run and the client have started. */
export function openFixture({ scripted = true }: { readonly scripted?: boolean } = {}): HistoryFixture {
  const fixture: HistoryFixture = { events: [], session: 0 };
  const names = { plan: "0", client: "fixture", backend: "embedded", target: "reference" };
  record(fixture, { source: "harness", kind: "run-started", scripted, ...names });
  record(fixture, { source: "client", kind: "client-started", name: "fixture" });
  return fixture;
}

/** The same history, for events of another session. */
export function inSession(fixture: HistoryFixture, session: number): HistoryFixture {
  return { ...fixture, session };
}

/** Writes one event and answers its sequence number. */
export function record(fixture: HistoryFixture, body: EventBody, place: EventPlace = {}): number {
  const { events, session } = fixture;
  const sequence = events.length;
  const sourceSequence = events.filter(({ source }) => source === body.source).length;
  events.push({ sequence, sourceSequence, atMs: sequence, session, ...body, ...place });
  return sequence;
}

/** The harness begins a turn; answers the event's number, as everything below does. */
export function startTurn(
  fixture: HistoryFixture,
  turn: number,
  { probe = false }: { readonly probe?: boolean } = {},
): number {
  return record(fixture, { source: "harness", kind: "turn-started", turn, probe, userText: `turn ${turn}` });
}

/** A turn ends: completed, or failed with a cause. */
export function endTurn(
  fixture: HistoryFixture,
  turn: number,
  { cause, text, probe = false }: { readonly cause?: string; readonly text?: string; readonly probe?: boolean } = {},
): number {
  const told = text === undefined ? {} : { text };
  const result =
    cause === undefined ? ({ outcome: "completed", ...told } as const) : ({ outcome: "failed", cause } as const);
  return record(fixture, { source: "harness", kind: "turn-ended", turn, probe, ...result });
}

/** A turn is still open at its deadline. */
export function overdueTurn(
  fixture: HistoryFixture,
  turn: number,
  { probe = false }: { readonly probe?: boolean } = {},
): number {
  return record(fixture, { source: "harness", kind: "turn-overdue", turn, probe, deadlineMs: 700 });
}

/** The last turn of every healthy session. */
export function completeProbe(fixture: HistoryFixture, turn: number): void {
  startTurn(fixture, turn, { probe: true });
  respond(fixture, { id: `probe-${fixture.session}`, input: [user("still there?")], output: [says("yes")] });
  endTurn(fixture, turn, { probe: true });
}

/** A create, and what came back for it. */
export type ResponseFixture = CreateFixture & {
  readonly id: string;
  /** Pieces of text that come before the items. */
  readonly deltas?: readonly string[];
  /** The items that are done at the server's side; none where absent. */
  readonly output?: readonly Item[];
  /** Whether `response.completed` is not sent, sent but lost on the wire, or received; received where absent. */
  readonly completed?: "never" | "lost" | "received";
};

/** A create as it is sent. */
export type CreateFixture = {
  readonly input: readonly Item[];
  readonly previous?: string;
  /** What the create says of `store`; nothing where absent. */
  readonly store?: boolean;
  readonly connection?: number;
};

/** The sequence numbers of what `respond` wrote. */
export type WrittenResponse = {
  readonly create: number;
  readonly created: number;
  /** One for each item of the output, as it left the server. */
  readonly done: readonly number[];
  readonly completed: number | undefined;
  /** `response.completed` as it reached the client. */
  readonly received: number | undefined;
};

/** A create that is accepted, as both faces of the wire see it. */
export function respond(fixture: HistoryFixture, options: ResponseFixture): WrittenResponse {
  const { id, output = [], deltas = [], completed = "received", connection = 0 } = options;
  const create = sendCreate(fixture, options);
  const created = answer("response.created", { response: { id } }).left;
  for (const delta of deltas) answer("response.output_text.delta", { delta });
  const done = output.map((item) => answer("response.output_item.done", { item }).left);
  if (completed === "never") return { create, created, done, completed: undefined, received: undefined };
  const end = answer("response.completed", { response: { id, output } }, completed === "lost");
  return { create, created, done, completed: end.left, received: end.arrived };

  function answer(type: string, body: JsonObject, lost = false): WrittenAnswer {
    return sendAnswer(fixture, { type, body, responseId: id, connection, lost });
  }
}

/** A create, as both faces see it; answers the number of the event by which it left the client. */
export function sendCreate(fixture: HistoryFixture, options: CreateFixture): number {
  const { input, previous, store, connection = 0 } = options;
  const chain = previous === undefined ? {} : { previous_response_id: previous };
  const body = { input, ...chain, ...(store === undefined ? {} : { store }) };
  const message = { kind: "message", direction: "to-server", type: "response.create", endOffset: 0 } as const;
  const frame = framesSent(fixture, "client-face", connection);
  const create = record(fixture, { ...message, source: "client-face", frame, body }, { connection });
  record(fixture, { ...message, source: "server-face", frame }, { connection });
  return create;
}

/** One message of the server. */
export type AnswerFixture = {
  readonly type: string;
  readonly body?: JsonObject;
  readonly responseId?: string;
  readonly connection?: number;
  /** Whether it never reaches the client; it does where absent. */
  readonly lost?: boolean;
};

/** The numbers of the events by which a message left the server and reached the client. */
export type WrittenAnswer = { readonly left: number; readonly arrived: number | undefined };

/** A message of the server, as both faces see it. */
export function sendAnswer(fixture: HistoryFixture, options: AnswerFixture): WrittenAnswer {
  const { type, body = {}, responseId, connection = 0, lost = false } = options;
  const place = { connection, ...(responseId === undefined ? {} : { responseId }) };
  const message = { kind: "message", direction: "to-client", type, endOffset: 0 } as const;
  const frame = framesSent(fixture, "server-face", connection);
  const left = record(fixture, { ...message, source: "server-face", frame, body }, place);
  return { left, arrived: lost ? undefined : record(fixture, { ...message, source: "client-face", frame }, place) };
}

/** A finished item that a fault puts in before the client; no server said it. */
export function injectItem(
  fixture: HistoryFixture,
  item: Item,
  { responseId, connection = 0 }: Pick<AnswerFixture, "responseId" | "connection"> = {},
): number {
  const message = { kind: "message", direction: "to-client", frame: 0, endOffset: 0, altered: "injected" } as const;
  const place = { connection, ...(responseId === undefined ? {} : { responseId }) };
  const type = "response.output_item.done";
  return record(fixture, { ...message, source: "client-face", type, body: { type, item } }, place);
}

/** A create that the server refuses with an `error` of this code. */
export function refuse(
  fixture: HistoryFixture,
  { code, ...create }: CreateFixture & { readonly code: string },
): { readonly create: number; readonly error: number; readonly received: number } {
  const { connection = 0 } = create;
  const sent = sendCreate(fixture, create);
  const body = { type: "error", status: 400, error: { code, message: code } };
  const { left, arrived = left } = sendAnswer(fixture, { type: "error", body, connection });
  return { create: sent, error: left, received: arrived };
}

function framesSent({ events, session }: HistoryFixture, face: "client-face" | "server-face", on: number): number {
  const way = face === "client-face" ? "to-server" : "to-client";
  return events.filter(
    (event) =>
      event.kind === "message" &&
      event.source === face &&
      event.direction === way &&
      event.session === session &&
      event.connection === on,
  ).length;
}

/** The client shows text to its user. */
export function show(fixture: HistoryFixture, text: string): number {
  return record(fixture, { source: "client", kind: "text", text });
}

/** The client takes back what it showed last. */
export function retract(fixture: HistoryFixture): number {
  return record(fixture, { source: "client", kind: "text-retracted" });
}

/** How far a tool came. */
export type ToolFixture = {
  /** Names the run, and its output. */
  readonly execution: number;
  readonly operation: string;
  /** It returned where absent. */
  readonly until?: "started" | "effect";
};

/** A run of a tool, from its start to its return or as far as it came. */
export function runTool(
  fixture: HistoryFixture,
  { execution, operation, until }: ToolFixture,
): { readonly started: number; readonly effect: number; readonly returned: number } {
  const base = { source: "tool", execution } as const;
  const place = { operation };
  const written = { started: -1, effect: -1, returned: -1 };
  written.started = record(fixture, { ...base, kind: "tool-started", name: "perform", argumentsDigest: "" }, place);
  if (until === "started") return written;
  written.effect = record(fixture, { ...base, kind: "tool-effect" }, place);
  if (until === "effect") return written;
  const outputDigest = digestOfText(receipt(execution));
  written.returned = record(fixture, { ...base, kind: "tool-returned", outputDigest, failed: false }, place);
  return written;
}

/** What the run of a tool answers. */
export function receipt(execution: number): string {
  return `receipt-${execution}`;
}

/** What the user says. */
export function user(text: string): Item {
  return { type: "message", role: "user", content: text };
}

/** What the model says. */
export function says(text: string): Item {
  return { type: "message", role: "assistant", content: text };
}

/** The model asks for an operation. */
export function call(callId: string, operation: string): Item {
  return { type: "function_call", call_id: callId, name: "perform", arguments: JSON.stringify({ operation }) };
}

/** The answer to a call: the receipt of a run, or a text of the client's own. */
export function output(callId: string, of: number | string): Item {
  return { type: "function_call_output", call_id: callId, output: typeof of === "number" ? receipt(of) : of };
}

/** A plan with the faults of these ids. */
export function planOf(...ids: readonly string[]): Plan {
  const faults = ids.map((id): ScheduledFault => ({
    id,
    fault: { kind: "cut", mode: "fin" },
    when: { place: { session: 0 }, at: { kind: "point", point: "P6", occurrence: 1 } },
    heal: { kind: "on-close" },
  }));
  const sessions = [{ turns: [{ userText: "turn 0", script: { steps: [{ text: "yes" }] } }] }];
  return { formatVersion: 1, seed: 1, workload: { sessions }, faults, limits: DEFAULT_LIMITS };
}

/**
 * Judges the history by one checker, for a plan without faults.
 *
 * Every verdict keeps the promise about witnesses, so it is expected here: events that exist, in order, each once.
 */
export function judge(checker: Checker, { events }: HistoryFixture): Verdict {
  const input = { plan: planOf(), contract: DEFAULT_CONTRACT, history: events };
  const verdict = checkHistory(input, [checker])[0];
  if (verdict === undefined) throw new Error("one checker gives one verdict");
  const { evidence } = verdict;
  expect(evidence, "the witness is in order, each event once").toEqual(
    [...new Set(evidence)].toSorted((left, right) => left - right),
  );
  expect(evidence.every((sequence) => events[sequence] !== undefined)).toBe(true);
  return verdict;
}
