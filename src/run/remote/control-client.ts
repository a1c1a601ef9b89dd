import { get } from "node:http";

import type { Clock } from "../../determinism/clock.ts";
import { HarnessError, messageOf } from "../../errors.ts";
import { type JsonObject, parseJsonObject } from "../../protocol/json.ts";

/** The control API of a process elsewhere, by HTTP and JSON. */
export type ControlClient = {
  /**
   * Makes one request and answers the body of a 200; undefined where there is nothing of that name (404).
   *
   * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE` for every other answer, and for none before the deadline
   */
  call(method: string, path: string, body?: unknown): Promise<JsonObject | undefined>;
  /** Follows the events from now on, until the answer is called. A stream that breaks off just ends. */
  followEvents(listener: (event: JsonObject) => void): Promise<() => void>;
};

const CALL_DEADLINE_MS = 5_000;
/** Behind every event that there can have been. */
const AFTER_EVERYTHING: number = 2 ** 52;

/** Opens a client of the control API at a URL, for example `"http://127.0.0.1:8476"`, which may become another one. */
export function createControlClient(url: () => string, clock: Clock): ControlClient {
  const root = (): string => url().replace(/\/$/, "");

  function unavailable(what: string, cause?: unknown): HarnessError {
    const message = `The control API at ${root()} ${what}. See that it runs and can be reached from here.`;
    return new HarnessError("HARNESS_BACKEND_UNAVAILABLE", message, { details: { url: root() }, cause });
  }

  async function within<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const giveUp = new AbortController();
    const timer = clock.startTimer(CALL_DEADLINE_MS, () => giveUp.abort());
    try {
      return await work(giveUp.signal);
    } catch (error) {
      if (error instanceof HarnessError) throw error;
      const why = giveUp.signal.aborted
        ? `gave no answer within ${CALL_DEADLINE_MS} ms`
        : `failed: ${messageOf(error)}`;
      throw unavailable(why, error);
    } finally {
      timer.cancel();
    }
  }

  return {
    async call(method, path, body) {
      return await within(async (signal) => {
        const init = body === undefined ? {} : { body: JSON.stringify(body) };
        const response = await fetch(`${root()}${path}`, { method, signal, ...init });
        const text = await response.text();
        if (response.status === 404) return undefined;
        if (!response.ok) throw unavailable(`answered ${method} ${path} with ${response.status}: ${text}`);
        return parseJsonObject(text) ?? {};
      });
    },
    async followEvents(listener) {
      return await within(
        async (signal) =>
          await new Promise<() => void>((resolve, reject) => {
            const request = get(`${root()}/events?after=${AFTER_EVERYTHING}`, { agent: false }, (response) => {
              const lines = createLineReader((line) => {
                const event = parseJsonObject(line)?.["event"];
                if (typeof event === "object" && event !== null) listener(event as JsonObject);
              });
              response.on("data", (bytes: Buffer) => lines(bytes));
              response.on("error", () => undefined);
              resolve(() => request.destroy());
            });
            request.on("error", reject);
            signal.addEventListener("abort", () => request.destroy(new Error("no answer")), { once: true });
          }),
      );
    },
  };
}

/** The longest line that is put together, in characters. */
const LINE_SIZE_MAX: number = 16 * 1024 * 1024;

/** Cuts a stream into lines; the answer takes what comes. */
export function createLineReader(listener: (line: string) => void): (bytes: Buffer) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_SIZE_MAX);
    for (const line of lines) listener(line);
  };
}
