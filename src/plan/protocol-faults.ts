/** The next dials are accepted and then reset, never answered, or answered with a status instead of 101 (F-10, F-23). */
export type RejectFault = {
  readonly kind: "reject";
  readonly how:
    "reset" | "silence" | { readonly status: number; readonly retryAfterSeconds?: number; readonly location?: string };
  readonly dials: number;
};

/** The next answers that upgrade come late, or with a key that does not fit (F-23). */
export type UpgradeFault = {
  readonly kind: "upgrade";
  readonly how: "wrong-accept-key" | { readonly lateMs: number };
  readonly dials: number;
};

/** What an error frame says, and in which of its shapes (protocol.md §3.7). */
export type StatedError = {
  readonly code: string | null;
  readonly message: string;
  /** 400 where absent. */
  readonly status?: number;
  /** `"invalid_request_error"` where absent. */
  readonly type?: string;
  readonly param?: string;
  /** The hint to wait, in the header `retry-after`; in whole seconds, or in ms by `retry-after-ms`. */
  readonly retryAfterSeconds?: number;
  readonly retryAfterMs?: number;
  /** `nested` where absent, as the service sends it. */
  readonly form?: "nested" | "flat" | "message-only";
};

/**
 * An error that comes from the server's side: it ends the oldest request that is under way, of which the client hears
 * nothing more, or comes to an idle connection (F-32, F-33, F-34).
 */
export type ErrorFault = {
  readonly kind: "error";
  readonly error: StatedError;
  /**
   * Which frames tell it; `error` alone where absent. `failed` and `incomplete` are `response.failed` and
   * `response.incomplete`, and need a response that has begun; `incomplete` takes the error's code for its reason.
   */
  readonly frames?: "error" | "error-and-failed" | "failed" | "incomplete";
  /** The connection is then closed with this code. */
  readonly close?: number;
};

/** The next creates never reach the server and are answered with an error (F-32, F-34). */
export type RefuseCreateFault = {
  readonly kind: "refuse-create";
  readonly error: StatedError;
  /** `chained`: those with a `previous_response_id`; an id that was refused once is refused until the fault heals. */
  readonly creates: "any" | "chained";
  /** How many, those that name a refused id again not counted. */
  readonly times: number;
};

/** The last finished function call comes again, on the connection that is there (F-35). */
export type RepeatItemFault = {
  readonly kind: "repeat-item";
  /** `other`: with the same call_id and other arguments, of the same operation. */
  readonly arguments: "same" | "other";
  readonly times: number;
};

/**
 * One message of the server is left out, doubled, moved or maimed: the next one behind the anchor (F-36, F-38).
 *
 * `swap`: the message behind it comes first. `late` and `echo`: it, or a copy of it, comes behind the end of its
 * response (`end`), or before the beginning of the next one on the same connection (`next-response`). `without-id`: its
 * response has no id.
 */
export type SequenceFault = { readonly kind: "sequence" } & (
  | { readonly what: "drop" | "duplicate" | "swap" | "without-id" }
  | { readonly what: "late" | "echo"; readonly until: "end" | "next-response" }
);

/** The server's messages are kept back, and everything else goes on: TCP is alive and pings are answered (F-40). */
export type SilenceFault = {
  readonly kind: "silence";
  /** Pings to the client come this often meanwhile, in ms; none of ours where absent. */
  readonly pingEveryMs?: number;
};

/** The server forgets the session's responses, as after a restart behind a proxy that keeps the connection (F-42). */
export type ForgetFault = { readonly kind: "forget"; readonly what: "connections" | "store" | "all" };

/** The server counts the ids of its calls from one again: legal, and what some providers do in each turn (F-37). */
export type ReuseCallIdsFault = { readonly kind: "reuse-call-ids" };

/** The server stops: it reads and writes nothing and answers no ping, while its kernel keeps the connections (F-40). */
export type FreezeFault = { readonly kind: "freeze" };
