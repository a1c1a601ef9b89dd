import type { Item } from "../protocol/items.ts";

/**
 * A completed response as a later create can continue it.
 *
 * The items of its ancestors are shared and not copied, so a long chain costs its length and not the square of it.
 */
export type ChainLink = {
  readonly responseId: string;
  readonly parent: ChainLink | undefined;
  /** The new input of this response, then its output. */
  readonly items: readonly Item[];
  /** Number of items of this link and all its ancestors. */
  readonly closureSize: number;
  /** Estimated tokens of this link and all its ancestors. */
  readonly closureTokens: number;
};

/** All items of a link and its ancestors, oldest first: closure(previous_response_id) of protocol.md §4.3. */
export function closureOf(link: ChainLink | undefined): readonly Item[] {
  const links: ChainLink[] = [];
  for (let current = link; current !== undefined; current = current.parent) links.push(current);
  return links.reverse().flatMap(({ items }) => items);
}

/** Finds completed responses by id; the first of two places that knows the id is asked. */
export type ResponseStore = {
  find(responseId: string): ChainLink | undefined;
  keep(link: ChainLink): void;
  forget(): void;
  /** All of them, oldest first. */
  all(): readonly ChainLink[];
};

/** What `store: true` keeps for one API key, over all its connections; the oldest goes when there are too many. */
export function createResponseStore(responsesMax: number): ResponseStore {
  const links = new Map<string, ChainLink>();
  return {
    find: (responseId) => links.get(responseId),
    keep(link) {
      links.set(link.responseId, link);
      const oldest = links.size > responsesMax ? links.keys().next().value : undefined;
      if (oldest !== undefined) links.delete(oldest);
    },
    forget: () => links.clear(),
    all: () => [...links.values()],
  };
}

/**
 * A stored response by itself, as it outlives the server: with the items of all its ancestors.
 *
 * @example { "responseId": "resp_2c70e12b_000001", "items": [{ "type": "message", … }], "tokens": 42 }
 */
export type StoredResponse = {
  readonly responseId: string;
  readonly items: readonly Item[];
  /** Estimated tokens of the items. */
  readonly tokens: number;
};

/** A link of a chain, apart from the chain. */
export function storedOf(link: ChainLink): StoredResponse {
  return { responseId: link.responseId, items: closureOf(link), tokens: link.closureTokens };
}

/** The same as a link again, which is a chain of its own. */
export function linkOf({ responseId, items, tokens }: StoredResponse): ChainLink {
  return { responseId, parent: undefined, items, closureSize: items.length, closureTokens: tokens };
}

/** The name of the default lane inside the server; no client can send it, because `stream_id` is never empty. */
export const DEFAULT_LANE = "";

/**
 * What one connection remembers: the latest completed response of each lane (protocol.md §4.1).
 *
 * It ends with the socket.
 */
export type ConnectionCache = {
  /** Looks in the lane itself, then in every other lane (a fork). */
  find(responseId: string, lane: string): ChainLink | undefined;
  keep(link: ChainLink, lane: string): void;
  /** A continuation of this lane failed: forgets the id if this lane holds it, and answers whether it did (§4.2). */
  evict(responseId: string, lane: string): boolean;
  forget(): void;
};

/** Opens the empty cache of a connection; it holds one entry per lane, and lanes are bounded by the connection. */
export function createConnectionCache(): ConnectionCache {
  const latest = new Map<string, ChainLink>();
  return {
    find(responseId, lane) {
      const own = latest.get(lane);
      if (own?.responseId === responseId) return own;
      for (const link of latest.values()) {
        if (link.responseId === responseId) return link;
      }
      return undefined;
    },
    keep: (link, lane) => void latest.set(lane, link),
    evict(responseId, lane) {
      if (latest.get(lane)?.responseId !== responseId) return false;
      return latest.delete(lane);
    },
    forget: () => latest.clear(),
  };
}
