/**
 * The process that a client under test runs in. It knows neither plan nor history: a client that crashes, hangs or
 * floods takes nothing but this process with it.
 */
import { Worker } from "node:worker_threads";

import { HarnessError, messageOf } from "../../errors.ts";
import type { Client, TurnResult } from "../client.ts";
import type { FromHostMessage, ToHostMessage } from "./host-message.ts";
import { type HostedSession, openHostedSession } from "./hosted-session.ts";
import { loadClient } from "./load-client.ts";

const sessions = new Map<number, HostedSession>();
let client: Client | undefined;
let calls = 0;

// The channel is the harness's own: a client finds none, as in a process that nobody forked, and cannot speak on it.
const channel = process.send?.bind(process);
delete process.send;

function send(message: FromHostMessage): void {
  if (process.connected) channel?.(message);
}

async function load(module: string): Promise<void> {
  try {
    client = await loadClient(module);
    send({ kind: "loaded", name: client.name, contract: client.contract });
  } catch (error) {
    const isMissing = error instanceof HarnessError && error.code === "HARNESS_MISSING_PACKAGE";
    const code = isMissing ? "HARNESS_MISSING_PACKAGE" : "HARNESS_INVALID_CLIENT";
    send({ kind: "load-failed", code, message: messageOf(error) });
  }
}

async function openSession(message: Extract<ToHostMessage, { kind: "open" }>): Promise<void> {
  if (client === undefined) throw new Error("no client was loaded");
  const link = { send, nextCall: () => (calls += 1) };
  sessions.set(message.session, await openHostedSession(client, message, link));
}

/** Answers a question of the harness with what became of it. */
async function answer(request: number, work: () => Promise<TurnResult | void>): Promise<void> {
  try {
    const result = await work();
    send(result === undefined ? { kind: "answered", request } : { kind: "answered", request, result });
  } catch (error) {
    send({ kind: "threw", request, message: messageOf(error) });
  }
}

async function take(message: ToHostMessage): Promise<void> {
  switch (message.kind) {
    case "load":
      return await load(message.module);
    case "open":
      return await answer(message.request, async () => await openSession(message));
    case "run-turn":
      return await answer(message.request, async () => await sessionOf(message.session).runTurn(message.userText));
    case "abort-turn":
      return sessions.get(message.session)?.abortTurn();
    case "close":
      return await answer(message.request, async () => await sessionOf(message.session).close());
    case "tool-output":
      for (const session of sessions.values()) if (session.takeToolOutput(message.call, message.output)) return;
  }
}

function sessionOf(session: number): HostedSession {
  const open = sessions.get(session);
  if (open === undefined) throw new Error(`session ${session} is not open: its open() threw, or has not answered yet`);
  return open;
}

process.on("message", (message: ToHostMessage) => void take(message));
process.on("disconnect", () => process.exit(0));

// A client in an endless loop cannot see that the harness is gone; a thread of its own can.
new Worker(new URL("./parent-watch.js", import.meta.url), { workerData: { parent: process.ppid } }).unref();

send({ kind: "ready" });
