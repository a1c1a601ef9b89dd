import { AsyncResource, createHook, type HookCallbacks } from "node:async_hooks";

/** What code of a world started that goes on in the real one, by the name that Node has for it. */
export type Escape = {
  /** For example `"FSREQPROMISE"`, or `"Timeout"` for a timer whose function was taken before the wrappers came. */
  readonly type: string;
  /** The stack that started it. */
  readonly stack: string;
};

/** Watches for work that leaves virtual time: the thread pool, real sockets, other threads and processes. */
export type EscapeDetector = {
  /** The first escape since the last call. */
  take(): Escape | undefined;
  close(): void;
};

/** What Node itself starts for code that stays inside. */
const INSIDE: ReadonlySet<string> = new Set([
  "PROMISE",
  "TickObject",
  "Microtask",
  "HTTPCLIENTREQUEST",
  "HTTPINCOMINGMESSAGE",
  "HTTPSERVERREQUEST",
]);

/** What escapes, in words that somebody can do something about. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^FS/, "asynchronous file access"],
  [/^GETADDRINFO|^QUERYWRAP|^GETNAMEINFO/, "a DNS lookup"],
  [/^TCP|^TLS|^PIPE|^UDP|^SHUTDOWN|^WRITEWRAP/, "a real socket"],
  [/^ZLIB|^BROTLI|^ZSTD/, "compression on the thread pool; switch permessage-deflate off"],
  [/^PROCESSWRAP/, "another process"],
  [/^WORKER|^MESSAGEPORT/, "another thread, or a message channel"],
  [/REQUEST$|JOB$/, "cryptography on the thread pool"],
  [
    /^fetch$|^WebSocket$|^EventSource$/,
    "a network client of Node's own, which keeps timers and sockets that no world has",
  ],
  [/^undici$/, "a network client with timers and sockets that no world has"],
  [/^WebAssembly/, "compilation on the thread pool"],
  [/^Atomics/, "a wait for another thread"],
  [/^Timeout$|^Immediate$/, "a timer whose function was taken before the simulation was registered"],
];

/** What an escape is, for example `"asynchronous file access (FSREQPROMISE)"`. */
export function describeEscape({ type }: Escape): string {
  const words = WORDS.find(([pattern]) => pattern.test(type))?.[1];
  return words === undefined ? type : `${words} (${type})`;
}

/** Starts to watch; `isInside` says whether the running code is in the world that is watched. */
export function openEscapeDetector(isInside: () => boolean): EscapeDetector {
  let first: Escape | undefined;
  const callbacks: HookCallbacks & { readonly trackPromises: boolean } = {
    // Promises never escape by themselves, and to be told of each costs a quarter of a run. Newer versions of Node listen.
    trackPromises: false,
    init(...[, type, , resource]) {
      if (first !== undefined || INSIDE.has(type) || resource instanceof AsyncResource || !isInside()) return;
      first = { type, stack: new Error(type).stack ?? "" };
    },
  };
  const hook = createHook(callbacks).enable();
  return {
    take() {
      const taken = first;
      first = undefined;
      return taken;
    },
    close: () => void hook.disable(),
  };
}
