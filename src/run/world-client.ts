import { createDeferred, type Deferred } from "../determinism/waiting.ts";
import { messageOf } from "../errors.ts";
import type { World } from "../simulation/world.ts";
import type { Client, TurnResult } from "./client.ts";
import type { FromHostMessage } from "./client-host/host-message.ts";
import { type HostedSession, openHostedSession } from "./client-host/hosted-session.ts";
import type {
  ClientAnswer,
  ClientListener,
  HostedSessionOptions,
  ProcessExit,
  RunningClient,
} from "./running-client.ts";

/** How much of what a client prints is kept per stream, in characters. */
const OUTPUT_SIZE_MAX = 64_000;

/**
 * Starts a client inside a simulated world.
 *
 * It is kept apart as by a process: each call goes over in a task of its own, its errors and its exit end it alone, and
 * with it go its timers and its sockets. Only what it says at once, such as its text, is heard at once.
 */
export function startWorldClient(client: Client, world: World): RunningClient {
  return new WorldClient(client, world);
}

class WorldClient implements RunningClient {
  readonly name: string;
  readonly contract: unknown;
  readonly #client: Client;
  readonly #world: World;
  readonly #sessions = new Map<number, HostedSession>();
  readonly #memories = new Map<string, Map<string, unknown>>();
  readonly #open = new Set<Deferred<ClientAnswer>>();
  #listener: ClientListener | undefined;
  #calls = 0;
  #isGone = false;

  constructor(client: Client, world: World) {
    this.name = client.name;
    this.contract = client.contract;
    this.#client = client;
    this.#world = world;
    const sizeLeft = { stdout: OUTPUT_SIZE_MAX, stderr: OUTPUT_SIZE_MAX };
    world.receive({
      print: (stream, text) => {
        if (sizeLeft[stream] > 0) this.#listener?.onOutput(stream, text.slice(0, sizeLeft[stream]));
        sizeLeft[stream] -= text.length;
      },
      exited: (code) => this.#leave({ code, signal: null }, false),
      threw: (error) => {
        this.#listener?.onOutput("stderr", `Uncaught ${error instanceof Error ? error.stack : messageOf(error)}\n`);
        this.#leave({ code: 1, signal: null }, false);
      },
    });
  }

  listen(listener: ClientListener): void {
    this.#listener = listener;
  }

  async openSession(options: HostedSessionOptions): Promise<ClientAnswer> {
    return await this.#ask(async () => {
      const link = {
        send: (message: FromHostMessage) => this.#take(message),
        nextCall: () => (this.#calls += 1),
        memory: this.#memoryAt(options.stateDirectory),
      };
      const message = { kind: "open", request: 0, ...options } as const;
      this.#sessions.set(options.session, await openHostedSession(this.#client, message, link));
    });
  }

  async runTurn(session: number, userText: string): Promise<ClientAnswer> {
    return await this.#ask(async () => await this.#sessionOf(session).runTurn(userText));
  }

  abortTurn(session: number): void {
    this.#world.post("client", () => this.#sessions.get(session)?.abortTurn());
  }

  async closeSession(session: number): Promise<ClientAnswer> {
    return await this.#ask(async () => await this.#sessionOf(session).close());
  }

  stepWallClock(byMs: number): boolean {
    if (!this.#isGone) this.#world.stepWallClock(byMs);
    return !this.#isGone;
  }

  async end(): Promise<void> {
    this.#leave({ code: 0, signal: null }, true);
  }

  /** What lasts as long as the files of a session's folder would. */
  #memoryAt(stateDirectory: string): Map<string, unknown> {
    const known = this.#memories.get(stateDirectory);
    if (known !== undefined) return known;
    const memory = new Map<string, unknown>();
    this.#memories.set(stateDirectory, memory);
    return memory;
  }

  #sessionOf(session: number): HostedSession {
    const open = this.#sessions.get(session);
    if (open === undefined) {
      throw new Error(`session ${session} is not open: its open() threw, or has not answered yet`);
    }
    return open;
  }

  async #ask(work: () => Promise<TurnResult | void>): Promise<ClientAnswer> {
    if (this.#isGone) return { kind: "exited" };
    const answered = createDeferred<ClientAnswer>();
    this.#open.add(answered);
    const answer = (settled: ClientAnswer): void => {
      this.#world.post("harness", () => {
        this.#open.delete(answered);
        answered.resolve(settled);
      });
    };
    this.#world.post("client", () => {
      // An async function, so that what is thrown at once rejects too.
      const working = (async () => await work())();
      working.then(
        (result) => answer(result === undefined ? { kind: "answered" } : { kind: "answered", result }),
        (error: unknown) => answer({ kind: "threw", message: messageOf(error) }),
      );
    });
    return await answered.promise;
  }

  #take(message: FromHostMessage): void {
    if (this.#isGone) return;
    if (message.kind === "surface") this.#listener?.onSurface(message.session, message.event);
    if (message.kind !== "tool-call") return;
    const { call, session, name, argumentsJson } = message;
    this.#world.post("harness", () => {
      void this.#listener?.onToolCall(session, name, argumentsJson).then((output) => {
        this.#world.post("client", () => void this.#sessions.get(session)?.takeToolOutput(call, output));
      });
    });
  }

  #leave(exit: ProcessExit, expected: boolean): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#world.endGuest();
    this.#world.post("harness", () => {
      this.#listener?.onExit({ ...exit, expected });
      for (const answered of this.#open) answered.resolve({ kind: "exited" });
      this.#open.clear();
    });
  }
}
