/** The process that has tool turns with a server over many connections, and looks at as little of the answers as it can. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

import { WebSocket } from "ws";

import { createSystemClock } from "../determinism/clock.ts";
import { sleep } from "../determinism/waiting.ts";
import { isFunctionCall, itemsOfInput } from "../protocol/items.ts";
import { objectMember, parseJsonObject, textMember } from "../protocol/json.ts";
import { serveParty } from "./party-process.ts";
import { type RecordedTurn, type TurnQuestion, type TurnResult, USER_TEXT } from "./turns.ts";

const CONNECTIONS = 16;
const NS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1_000;
const COMPLETED = '"type":"response.completed"';
/** The type stands at the beginning of a frame. */
const TYPE_AT_MAX = 64;

const FIRST_CREATE = createText({ input: [{ type: "message", role: "user", content: USER_TEXT }] });

const clock = createSystemClock();

function createText(fields: object): string {
  return JSON.stringify({ type: "response.create", model: "m", store: false, ...fields });
}

function isCompleted(frame: Buffer): boolean {
  return frame.subarray(0, TYPE_AT_MAX).includes(COMPLETED);
}

/** The create that answers the call of a completed response. */
function secondCreate(frame: Buffer): string {
  const response = objectMember(parseJsonObject(frame.toString("utf8")) ?? {}, "response") ?? {};
  const call = itemsOfInput(response["output"]).find(isFunctionCall);
  assert(call !== undefined, "the first response of a turn has a call");
  const output = { type: "function_call_output", call_id: call.call_id, output: "12A" };
  return createText({ previous_response_id: textMember(response, "id"), input: [output] });
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http:", "ws:")}/responses`, {
    headers: { authorization: "Bearer any" },
    perMessageDeflate: false,
  });
  await once(socket, "open");
  return socket;
}

/** Begins a turn and the next one behind it, as long as `ended` says so. */
function takeTurns(socket: WebSocket, ended: (elapsedMs: number) => boolean): void {
  let isSecond = false;
  let startedAtMs = clock.nowMs();
  socket.on("message", (frame: Buffer) => {
    if (!isCompleted(frame)) return;
    isSecond = !isSecond;
    if (isSecond) {
      socket.send(secondCreate(frame));
      return;
    }
    const nowMs = clock.nowMs();
    if (!ended(nowMs - startedAtMs)) return;
    startedAtMs = nowMs;
    socket.send(FIRST_CREATE);
  });
  socket.send(FIRST_CREATE);
}

async function record(url: string): Promise<RecordedTurn> {
  const socket = await openSocket(url);
  const frames: string[] = [];
  socket.on("message", (frame: Buffer) => frames.push(frame.toString("utf8")));
  await new Promise<void>((resolve) => {
    takeTurns(socket, () => {
      resolve();
      return false;
    });
  });
  socket.terminate();
  const firstEnd = frames.findIndex((frame) => frame.slice(0, TYPE_AT_MAX).includes(COMPLETED)) + 1;
  return [frames.slice(0, firstEnd), frames.slice(firstEnd)];
}

async function run({ url, warmUpMs, measureMs }: Extract<TurnQuestion, { kind: "run" }>): Promise<TurnResult> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, async () => await openSocket(url)));
  const elapsed: RecordableHistogram = createHistogram();
  let turns = 0;
  let isMeasuring = false;
  for (const socket of sockets) {
    takeTurns(socket, (elapsedMs) => {
      turns += 1;
      if (isMeasuring) elapsed.record(Math.max(1, Math.round(elapsedMs * NS_PER_MS)));
      return true;
    });
  }
  await sleep(clock, warmUpMs);
  isMeasuring = true;
  const turnsBefore = turns;
  const startedAtMs = clock.nowMs();
  await sleep(clock, measureMs);
  const turnsPerSecond = ((turns - turnsBefore) / (clock.nowMs() - startedAtMs)) * MS_PER_SECOND;
  for (const socket of sockets) socket.terminate();
  const [p50Ms = 0, p99Ms = 0] = [50, 99].map((share) => elapsed.percentile(share) / NS_PER_MS);
  return { turnsPerSecond, p50Ms, p99Ms, turns };
}

serveParty<TurnQuestion>(async (question) =>
  question.kind === "record" ? await record(question.url) : await run(question),
);
