import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Clock } from "../determinism/clock.ts";
import { createDeferred, DEADLINE_PASSED, type Deferred, settleWithin } from "../determinism/waiting.ts";
import { HarnessError } from "../errors.ts";
import type { FromHostMessage, ToHostMessage } from "./client-host/host-message.ts";
import type {
  ClientAnswer,
  ClientListener,
  HostedSessionOptions,
  ProcessExit,
  RunningClient,
} from "./running-client.ts";

/** How a client process is started. */
export type ClientProcessOptions = {
  /** A `file:` URL of a module that exports a client. */
  readonly module: string;
  readonly clock: Clock;
};

/** How long a client module may take to load. */
const LOAD_DEADLINE_MS = 30_000;
/** How long a process may take to leave by itself when it is asked to. */
const LEAVE_DEADLINE_MS = 1_000;
/** The heap of a client in MiB: a client that eats memory is to crash before the machine does. */
const HEAP_SIZE_MIB_MAX = 1_024;
/** How much of what a client prints is kept per stream, in characters. */
const OUTPUT_SIZE_MAX = 64_000;

/**
 * Starts the process of a client and waits until its module is loaded.
 *
 * @throws HarnessError `HARNESS_INVALID_CLIENT`, `HARNESS_MISSING_PACKAGE`
 */
export async function startClientProcess(options: ClientProcessOptions): Promise<ClientProcess> {
  const { clock, module } = options;
  const child = fork(fileURLToPath(new URL("./client-host/host.js", import.meta.url)), [], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [`--max-old-space-size=${HEAP_SIZE_MIB_MAX}`],
    serialization: "advanced",
    // A process group of its own: Ctrl-C is for the harness, and a client that died of it would look like a crash.
    detached: process.platform !== "win32",
  });
  const exited = createDeferred<ProcessExit>();
  child.once("exit", (code, signal) => exited.resolve({ code, signal }));
  child.once("error", () => exited.resolve({ code: null, signal: null }));
  const printed = collectOutput(child);
  try {
    const loaded = await settleWithin(clock, loadModule(child, module, exited.promise), LOAD_DEADLINE_MS);
    if (loaded === DEADLINE_PASSED) throw invalidClient(module, `did not load within ${LOAD_DEADLINE_MS} ms`);
    if (loaded === "exited") throw invalidClient(module, `ended its process while it was loaded.\n${printed.tail()}`);
    return new ClientProcess({ child, clock, exited: exited.promise, printed, ...loaded });
  } catch (error) {
    child.kill("SIGKILL");
    await exited.promise;
    throw error;
  }
}

function invalidClient(module: string, what: string): HarnessError {
  return new HarnessError("HARNESS_INVALID_CLIENT", `The client module ${module} ${what}`, { details: { module } });
}

async function loadModule(
  child: ChildProcess,
  module: string,
  exited: Promise<ProcessExit>,
): Promise<{ readonly name: string; readonly contract: unknown } | "exited"> {
  const answered = createDeferred<FromHostMessage>();
  const onMessage = (message: FromHostMessage): void => {
    if (message.kind === "ready") child.send({ kind: "load", module } satisfies ToHostMessage);
    else answered.resolve(message);
  };
  child.on("message", onMessage);
  const message = await Promise.race([answered.promise, exited.then(() => "exited" as const)]);
  child.off("message", onMessage);
  if (message === "exited") return "exited";
  if (message.kind === "load-failed") throw new HarnessError(message.code, message.message, { details: { module } });
  if (message.kind !== "loaded") throw invalidClient(module, `said "${message.kind}" before it was loaded`);
  return { name: message.name, contract: message.contract };
}

type Printed = { attach(onOutput: (stream: "stdout" | "stderr", text: string) => void): void; tail(): string };

/** Keeps what a client prints, bounded, and hands it on once somebody listens. */
function collectOutput(child: ChildProcess): Printed {
  const early: ["stdout" | "stderr", string][] = [];
  let listener = (stream: "stdout" | "stderr", text: string): void => void early.push([stream, text]);
  for (const stream of ["stdout", "stderr"] as const) {
    let sizeLeft = OUTPUT_SIZE_MAX;
    // A process that is killed takes its ends of the pipes with it, and that is no failure of the harness.
    child[stream]?.on("error", () => undefined);
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      if (sizeLeft > 0) listener(stream, text.slice(0, sizeLeft));
      sizeLeft -= text.length;
    });
  }
  return {
    tail: () =>
      early
        .map(([, text]) => text)
        .join("")
        .slice(-2_000),
    attach(onOutput) {
      listener = onOutput;
      for (const [stream, text] of early.splice(0)) onOutput(stream, text);
    },
  };
}

type ProcessParts = {
  readonly child: ChildProcess;
  readonly clock: Clock;
  readonly exited: Promise<ProcessExit>;
  readonly printed: Printed;
  readonly name: string;
  readonly contract: unknown;
};

/** The process of a client under test. */
export class ClientProcess implements RunningClient {
  readonly name: string;
  /** What the client says that it promises, unchecked. */
  readonly contract: unknown;
  readonly #parts: ProcessParts;
  /** Questions that have not been answered, by their number. */
  readonly #open = new Map<number, Deferred<ClientAnswer>>();
  #requests = 0;
  #isEnding = false;
  #isGone = false;

  constructor(parts: ProcessParts) {
    this.name = parts.name;
    this.contract = parts.contract;
    this.#parts = parts;
  }

  /** Hands on what the client does; called once, before the first session is opened. */
  listen(listener: ClientListener): void {
    const { child, printed, exited } = this.#parts;
    printed.attach((stream, text) => listener.onOutput(stream, text));
    child.on("message", (message: FromHostMessage) => this.#take(message, listener));
    void exited.then((exit) => {
      this.#isGone = true;
      listener.onExit({ ...exit, expected: this.#isEnding });
      for (const request of this.#open.keys()) this.#settle(request, { kind: "exited" });
    });
  }

  async openSession(session: HostedSessionOptions): Promise<ClientAnswer> {
    return await this.#ask((request) => ({ kind: "open", request, ...session }));
  }

  async runTurn(session: number, userText: string): Promise<ClientAnswer> {
    return await this.#ask((request) => ({ kind: "run-turn", request, session, userText }));
  }

  abortTurn(session: number): void {
    this.#send({ kind: "abort-turn", session });
  }

  async closeSession(session: number): Promise<ClientAnswer> {
    return await this.#ask((request) => ({ kind: "close", request, session }));
  }

  /** Ends the process, by force if it takes longer than a second, and resolves when it is gone. */
  async end(): Promise<void> {
    const { child, clock, exited } = this.#parts;
    this.#isEnding = true;
    if (child.connected) child.disconnect();
    if ((await settleWithin(clock, exited, LEAVE_DEADLINE_MS)) === DEADLINE_PASSED) child.kill("SIGKILL");
    await exited;
  }

  #send(message: ToHostMessage): void {
    // The channel can break between our look and the write; the exit that follows answers every open question.
    if (this.#parts.child.connected) this.#parts.child.send(message, () => undefined);
  }

  async #ask(make: (request: number) => ToHostMessage): Promise<ClientAnswer> {
    if (this.#isGone) return { kind: "exited" };
    this.#requests += 1;
    const answered = createDeferred<ClientAnswer>();
    this.#open.set(this.#requests, answered);
    this.#send(make(this.#requests));
    return await answered.promise;
  }

  #settle(request: number, answer: ClientAnswer): void {
    this.#open.get(request)?.resolve(answer);
    this.#open.delete(request);
  }

  #take(message: FromHostMessage, listener: ClientListener): void {
    switch (message.kind) {
      case "answered": {
        const { request, result } = message;
        this.#settle(request, result === undefined ? { kind: "answered" } : { kind: "answered", result });
        return;
      }
      case "threw":
        this.#settle(message.request, { kind: "threw", message: message.message });
        return;
      case "surface":
        listener.onSurface(message.session, message.event);
        return;
      case "tool-call": {
        const { call, session, name, argumentsJson } = message;
        void listener
          .onToolCall(session, name, argumentsJson)
          .then((output) => this.#send({ kind: "tool-output", call, output }));
        return;
      }
      case "ready":
      case "loaded":
      case "load-failed":
    }
  }
}
