import type { ServerMoment } from "./order-book.ts";

/** Who a server event is about. */
type Subject = {
  /** The credential of the connection, which stands for one session. */
  readonly apiKey: string;
  /** Index of the connection among those of this key whose upgrade was accepted, from 0. */
  readonly connection: number;
};

/** Who an event of one lane is about; an absent lane is the default one. */
type LaneSubject = Subject & { readonly lane?: string };

/**
 * What the server did, for a history and for people who watch it.
 *
 * Events of one connection come in the order in which they happened. They are told synchronously, before the bytes
 * that follow from them are written; a listener must not throw.
 *
 * @example { "kind": "create-accepted", "apiKey": "k", "connection": 0, "responseId": "resp_2c70e12b_000001",
 *            "previousResponseId": null, "effectiveInputSize": 1 }
 */
export type ServerEvent =
  /** An upgrade, or bytes that are no HTTP, were answered with `status` and a JSON error body. The key is absent where none was sent. */
  | { readonly kind: "upgrade-refused"; readonly status: number; readonly apiKey?: string }
  | (Subject & { readonly kind: "connection-opened"; readonly requestId: string })
  /** `code` as `ws` reports it: 1005 for a Close frame without code, 1006 for none at all. */
  | (Subject & { readonly kind: "connection-closed"; readonly code: number; readonly reason: string })
  /** The server itself began to close, for example with 1011 because no pong came. */
  | (Subject & { readonly kind: "closing"; readonly code: number; readonly reason: string })
  /** A frame that is no create was answered with an error, or had no effect. */
  | (Subject & { readonly kind: "frame-refused"; readonly code: string | null; readonly message: string })
  | (Subject & { readonly kind: "frame-ignored"; readonly type: string })
  /** `effectiveInputSize` counts the items of closure(previous_response_id) ++ input. */
  | (LaneSubject & {
      readonly kind: "create-accepted";
      readonly responseId: string;
      readonly previousResponseId: string | null;
      readonly effectiveInputSize: number;
    })
  | (LaneSubject & {
      readonly kind: "create-refused";
      readonly status: number;
      readonly code: string | null;
      readonly message: string;
    })
  /** An id left the cache of the connection because a continuation of its own lane failed (protocol.md §4.2). */
  | (LaneSubject & { readonly kind: "cache-evicted"; readonly responseId: string })
  | (LaneSubject & { readonly kind: "response-completed"; readonly responseId: string })
  | (LaneSubject & { readonly kind: "response-incomplete"; readonly responseId: string; readonly reason: string })
  | (LaneSubject & { readonly kind: "response-failed"; readonly responseId: string; readonly code: string })
  /** The connection ended before the response did; nothing of it was kept. */
  | (LaneSubject & { readonly kind: "response-abandoned"; readonly responseId: string })
  | (Subject & { readonly kind: "age-cap-reached" })
  /** An order took effect; one that holds tells `held` and `hold-ended` as well. */
  | { readonly kind: "order-applied"; readonly order: string; readonly action: string; readonly moment?: ServerMoment }
  | { readonly kind: "held"; readonly order: string; readonly moment: ServerMoment }
  | {
      readonly kind: "hold-ended";
      readonly order: string;
      readonly why: "released" | "deadline" | "closed";
      readonly moment: ServerMoment;
    }
  /** A steer waits in the response that it steers (protocol.md §2.4). */
  | (LaneSubject & { readonly kind: "steer-accepted"; readonly steerId: string; readonly responseId: string })
  /** It waits for the outputs of that response's calls. */
  | (LaneSubject & { readonly kind: "steer-pending"; readonly steerId: string; readonly responseId: string })
  | (Subject & { readonly kind: "steer-failed"; readonly code: string });
