import { createDeferred } from "../determinism/waiting.ts";
import type { Anchor, EventAnchor, Place } from "../plan/trigger.ts";
import { decidingAnchor } from "../plan/trigger.ts";
import type { Direction } from "../protocol/direction.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";

/** Something that may be an anchor, as a face, the ledger or the harness sees it. */
export type AnchorCandidate = {
  readonly session: number;
  readonly connection: number | undefined;
  readonly lane?: string | undefined;
  /** The point that it reaches. */
  readonly point?: ProtocolPoint | undefined;
  /** The message that it is. */
  readonly message?: { readonly direction: Direction; readonly type: string };
};

/** Where an anchor was reached; what follows stands still until the hit is released. */
export type AnchorSite = {
  readonly connection: number | undefined;
  readonly heldBy: "client-face" | "server-face" | "tool" | "harness";
  readonly direction?: Direction;
  /** Bytes that came through in that direction, behind the upgrade's blank line. */
  readonly offset?: number;
  /** The sequence number of the event that reached it. */
  readonly by?: number;
};

/** One anchor that has just been reached, for its detector. */
export type AnchorHit = {
  readonly anchor: Anchor;
  /** Says that what the anchor names was delivered; resolves when what follows may go on. */
  confirm(site: AnchorSite): Promise<void>;
  /** Says that its delivery was never confirmed. */
  miss(why: string): void;
};

/** How an armed anchor turned out. */
export type AnchorOutcome =
  { readonly kind: "reached"; readonly site: AnchorSite } | { readonly kind: "missed"; readonly why: string };

/** An anchor that is being waited for. */
export type ArmedAnchor = {
  readonly outcome: Promise<AnchorOutcome>;
  /** Lets go of what is held. Needed after every `reached`; more than once does nothing. */
  release(): void;
  /** Stops waiting; an outcome that is still open becomes `missed` with this reason. */
  disarm(why: string): void;
};

/**
 * The anchors that a run waits for. Whoever can see one asks here whether it is the one; each armed anchor counts its
 * own occurrences, so all are armed before the first byte flows.
 */
export type AnchorRegistry = {
  arm(place: Place & { readonly session: number }, anchor: Anchor): ArmedAnchor;
  /** Counts a candidate and answers the anchors that it is. */
  match(candidate: AnchorCandidate): readonly AnchorHit[];
  /** The byte anchors of a direction of a connection that have not been reached, nearest first. */
  byteAnchors(
    connection: { readonly session: number; readonly connection: number },
    direction: Direction,
  ): readonly ByteAnchor[];
  /** Whether an anchor before or inside a message is waited for: then messages must be seen whole before they pass. */
  needsWholeMessages(session: number, direction: Direction): boolean;
};

/** An anchor at a byte of a direction; a hit of it is asked for once. */
type ByteAnchor = { readonly sizeBytes: number; hit(): AnchorHit };

type Watch = {
  readonly place: Place & { readonly session: number };
  readonly anchor: Anchor;
  seen: number;
  state: "waiting" | "hit" | "over";
  hit(): AnchorHit;
};

/** Opens a registry in which nothing is armed. */
export function createAnchorRegistry(): AnchorRegistry {
  const watches: Watch[] = [];
  const isWaiting = (watch: Watch, session: number): boolean =>
    watch.state === "waiting" && watch.place.session === session;
  return {
    arm(place, anchor) {
      const { watch, armed } = openWatch(place, decidingAnchor(anchor));
      watches.push(watch);
      return armed;
    },
    match(candidate) {
      let hits: AnchorHit[] | undefined;
      for (const watch of watches) {
        if (!isWaiting(watch, candidate.session) || !isAt(watch, candidate)) continue;
        watch.seen += 1;
        if (watch.anchor.kind !== "bytes" && watch.seen === watch.anchor.occurrence) (hits ??= []).push(watch.hit());
      }
      return hits ?? NO_HITS;
    },
    byteAnchors({ session, connection }, direction) {
      let found: ByteAnchor[] | undefined;
      for (const watch of watches) {
        const { anchor, place } = watch;
        if (anchor.kind !== "bytes" || anchor.direction !== direction || !isWaiting(watch, session)) continue;
        if (place.connection !== undefined && place.connection !== connection) continue;
        (found ??= []).push({ sizeBytes: anchor.sizeBytes, hit: () => watch.hit() });
      }
      return found?.sort((left, right) => left.sizeBytes - right.sizeBytes) ?? NO_BYTE_ANCHORS;
    },
    needsWholeMessages: (session, direction) =>
      watches.some(
        (watch) => isEventWithin(watch.anchor) && watch.anchor.direction === direction && isWaiting(watch, session),
      ),
  };
}

const NO_HITS: readonly AnchorHit[] = [];
const NO_BYTE_ANCHORS: readonly ByteAnchor[] = [];

function isEventWithin(anchor: Anchor): anchor is EventAnchor {
  return anchor.kind === "event" && anchor.edge !== "after";
}

function isAt({ place, anchor }: Watch, candidate: AnchorCandidate): boolean {
  if (place.connection !== undefined && place.connection !== candidate.connection) return false;
  if (place.lane !== undefined && place.lane !== candidate.lane) return false;
  switch (anchor.kind) {
    case "point":
      return anchor.point === candidate.point;
    case "event":
      return anchor.direction === candidate.message?.direction && anchor.type === candidate.message.type;
    case "bytes":
      return false;
  }
}

function openWatch(place: Watch["place"], anchor: Anchor): { readonly watch: Watch; readonly armed: ArmedAnchor } {
  const outcome = createDeferred<AnchorOutcome>();
  const released = createDeferred<void>();
  const settle = (value: AnchorOutcome): void => {
    watch.state = "over";
    outcome.resolve(value);
  };
  const watch: Watch = {
    place,
    anchor,
    seen: 0,
    state: "waiting",
    hit() {
      watch.state = "hit";
      return {
        anchor,
        async confirm(site) {
          settle({ kind: "reached", site });
          await released.promise;
        },
        miss: (why) => settle({ kind: "missed", why }),
      };
    },
  };
  return {
    watch,
    armed: {
      outcome: outcome.promise,
      release: () => released.resolve(),
      disarm(why) {
        settle({ kind: "missed", why });
        released.resolve();
      },
    },
  };
}
