import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { createDeferred, type Deferred } from "../determinism/waiting.ts";

/** What is sent to a party; the answer carries the same number. */
export type PartyQuestion<Request> = { readonly question: number; readonly request: Request | UsageQuestion };

/** What a party sends back; number 0 says that it is ready. */
export type PartyAnswer = { readonly question: number; readonly answer?: unknown };

/** What every party can be asked besides its own questions. */
export type UsageQuestion = "processor-ms" | "memory";

/** The memory of a party right after a collection. */
export type Memory = {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
};

/** One process of the benchmark: an upstream, a proxy, a server, a load client. */
export type Party = {
  /** Asks and waits. Rejects when the process ends before it answered. */
  ask<Answer>(request: object): Promise<Answer>;
  /** Processor time since its start, of all its threads. */
  processorMs(): Promise<number>;
  memory(): Promise<Memory>;
  close(): void;
};

/** Every process that a benchmark may start, by what it is. */
export type PartyName =
  | "echo-upstream"
  | "load-client"
  | "pipe-proxy"
  | "tcp-proxy"
  | "turn-client"
  | "responses-server"
  | "framing-server"
  | "simulation";

/** Starts a party in a process of its own, with arguments, and waits until it listens to questions. */
export async function openParty(name: PartyName, ...args: readonly string[]): Promise<Party> {
  const child = fork(fileURLToPath(new URL(`./${name}-process.js`, import.meta.url)), args, {
    execArgv: ["--expose-gc"],
  });
  const open = new Map<number, Deferred<unknown>>();
  const ready = createDeferred<unknown>();
  open.set(0, ready);
  child.on("message", ({ question, answer }: PartyAnswer) => {
    open.get(question)?.resolve(answer);
    open.delete(question);
  });
  child.once("exit", (code) => {
    for (const waiting of open.values()) waiting.reject(new Error(`The process ${name} ended with ${code}.`));
  });
  await ready.promise;
  return partyOf(child, open);
}

function partyOf(child: ChildProcess, open: Map<number, Deferred<unknown>>): Party {
  let questions = 0;
  async function ask(request: object | UsageQuestion): Promise<unknown> {
    questions += 1;
    const deferred = createDeferred<unknown>();
    open.set(questions, deferred);
    child.send({ question: questions, request } satisfies PartyQuestion<object>);
    return await deferred.promise;
  }
  return {
    // Both ends are built together, so an answer is what its question promises.
    ask: async <Answer>(request: object) => (await ask(request)) as Answer,
    processorMs: async () => (await ask("processor-ms")) as number,
    memory: async () => (await ask("memory")) as Memory,
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
}
