import type { Clock } from "../determinism/clock.ts";
import type { Random } from "../determinism/random.ts";

/**
 * One direction of one connection, as a toxic sees it: what it passes goes to the next toxic, or to the socket.
 *
 * Bytes keep their order whatever a toxic does. After {@link Link.end} nothing more comes and nothing more is passed.
 */
export type Link = {
  /** Sends bytes on. Empty bytes are left out. */
  pass(bytes: Buffer): void;
  /** Ends the direction behind everything passed so far: the receiver sees a FIN. */
  end(): void;
  /** Resets both sides of the connection at once (RST). Bytes that their kernels have not read may be lost. */
  reset(): void;
  /** Nothing more comes to this toxic until {@link Link.resumeSource}; what arrives waits, and slows its sender down. */
  pauseSource(): void;
  /** Lets what waits, and then the sender, come again, in order. */
  resumeSource(): void;
  /**
   * Stops the whole connection at once, and throws away what toxics or gates still hold. `"fin"`: both sides get a FIN
   * behind everything that was passed to them. `"rst"`: both sides get an RST; what their kernels had not read is lost.
   */
  stop(reason: StopReason): void;
};

/** How a connection is stopped, see {@link Link.stop}. */
export type StopReason = "fin" | "rst";

/** Whether a toxic met a link at its start or was added while it lived. */
export type AttachMoment = "connect" | "live";

/**
 * One toxic on one direction of one connection. Its state is what its functions close over.
 *
 * A toxic that holds bytes holds a bounded number of them and calls {@link Link.pauseSource} at the bound. Its timers
 * end with the connection by themselves.
 */
export type Toxic = {
  /** The toxic is in place and nothing has come yet. */
  onAttach?(link: Link, moment: AttachMoment): void;
  onChunk(bytes: Buffer, link: Link): void;
  /** The source ended; called once, behind all chunks. Without {@link Link.end} the receiver never learns of it. */
  onEnd(link: Link): void;
  /** New attributes on a live link. Absent: the toxic is removed and a new one put in its place. */
  onChange?(attributes: ToxicAttributes, link: Link): void;
  /** The toxic is taken out: it passes what it holds. What waits because of a pause goes on by itself. */
  onRemove?(link: Link): void;
};

/** The attributes of a toxic by name, for example `{ latency: 100, jitter: 0 }`. All of them are whole numbers. */
export type ToxicAttributes = Readonly<Record<string, number>>;

/** The time and the chance that a toxic may use; both belong to one link. */
export type ToxicTools = { readonly clock: Clock; readonly random: Random };

/** One attribute of a toxic type. */
export type AttributeRule = {
  readonly name: string;
  /** Used when the attribute was not given; absent: it then stays out of the attributes. */
  readonly default?: number;
  /** The bounds, both included. Toxiproxy's own toxics take any 64-bit number, as the real ones do. */
  readonly least: number;
  readonly most: number;
};

/** A kind of toxic: what the API calls it, what it can be told, and how one is made. */
export type ToxicType = {
  readonly type: string;
  /** In the order in which the API prints them. */
  readonly attributes: readonly AttributeRule[];
  /** Makes the toxic for one link. The attributes are complete and within their bounds. */
  create(attributes: ToxicAttributes, tools: ToxicTools): Toxic;
  /**
   * A connection that starts while a toxic of this type is present closes both its sides with RST instead of FIN,
   * whatever closes it. (Toxiproxy sets SO_LINGER 0 at that moment and at no other.)
   */
  readonly resetsOnClose?: true;
  /** What the real API calls its attributes in messages; absent: the type in camel case and `Toxic` at the end. */
  readonly messageName?: string;
  /** What the real API calls the type of the attributes in messages; absent: `int64`. */
  readonly numberType?: "int" | "int64";
};

const INT64_MOST = 2 ** 63;

/** The rule of an attribute that Toxiproxy itself has: 0 when it was not given, any 64-bit number. */
export function toxiproxyAttribute(name: string): AttributeRule {
  return { name, default: 0, least: -INT64_MOST, most: INT64_MOST };
}

/** The attribute of every toxic of ours that aims it at one connection, by its index; absent: all, live or later. */
export const CONNECTION_ATTRIBUTE: AttributeRule = { name: "connection", least: 0, most: Number.MAX_SAFE_INTEGER };

/** Lets everything through unchanged, in order: what a link does where a toxic does not apply. */
export const PASS_THROUGH: Toxic = {
  onChunk: (bytes, link) => link.pass(bytes),
  onEnd: (link) => link.end(),
};

/** An attribute as a delay that a timer can take: negative is 0, and the longest is 24 days. */
export function delayMsOf(attributes: ToxicAttributes, name: string): number {
  return Math.min(Math.max(attributes[name] ?? 0, 0), 2 ** 31 - 1);
}
