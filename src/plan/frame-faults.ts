/** A Close frame that comes from the server's side (F-15), followed by the FIN of the server. */
export type CloseFault = {
  readonly kind: "close";
  /** 1005 stands for a Close frame that holds no code. */
  readonly code: number;
  readonly reason?: string;
};

/** The next message of the server comes with a byte that is wrong (F-13). */
export type CorruptFault = {
  readonly kind: "corrupt";
  /** `invalid-utf8`: its text is no UTF-8. `not-json`: it is no JSON. `reserved-bit`: its frame has a bit that nobody agreed on. */
  readonly how: "invalid-utf8" | "not-json" | "reserved-bit";
};

/** The next messages of the server come in several frames (F-20). */
export type FragmentFault = {
  readonly kind: "fragment";
  /** Into how many frames each is cut. */
  readonly fragments: number;
  /** `inside-character`: messages without a character of several bytes stay whole, and the first cut is inside of one. */
  readonly cut: "anywhere" | "inside-character";
  /** Whether a ping stands between two of its frames. */
  readonly pingBetween: boolean;
  /** How many messages. */
  readonly messages: number;
};

/** Messages of the client that are too long are answered with Close 1009, and the server never has them (F-21). */
export type MessageLimitFault = {
  readonly kind: "message-limit";
  /** The longest message that passes, in bytes of its text. */
  readonly sizeBytes: number;
};

/** The client's Close frames never arrive, so the server answers none and ends nothing (F-16). */
export type NoCloseAnswerFault = { readonly kind: "no-close-answer" };

/** The client's pings are answered by nobody (F-17). */
export type NoPongFault = { readonly kind: "no-pong" };
