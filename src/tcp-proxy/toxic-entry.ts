import type { Direction } from "./interceptor.ts";
import type { ToxicAttributes, ToxicType } from "./toxic.ts";

/** A toxic of a proxy as the API knows it. A change replaces `attributes` and `toxicity`. */
export type ToxicEntry = {
  readonly name: string;
  readonly type: ToxicType;
  readonly direction: Direction;
  /** The direction as the API was told it: "upstream" or "downstream", in the letters that were used. */
  readonly stream: string;
  /** The share of the connections that it applies to, 0..1; what lies outside counts as the nearer bound. */
  toxicity: number;
  attributes: ToxicAttributes;
};
