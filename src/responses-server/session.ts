import type { SessionScript } from "../protocol/model-script.ts";
import { createResponseStore, type ResponseStore } from "./conversation-memory.ts";
import { createIdentities, type Identities } from "./identities.ts";

/** What the server keeps for one API key, over all connections of that key. */
export type Session = {
  readonly apiKey: string;
  readonly identities: Identities;
  /** The responses that were asked for with `store: true`. */
  readonly store: ResponseStore;
  /** The conversation as it stands now; a control API may replace it between two creates. */
  script(): SessionScript | undefined;
  /** Index of the next connection of this key, from 0. */
  nextConnection(): number;
};

/** The sessions of a server, by API key. They are kept until the server closes, because ids must not repeat. */
export type Sessions = {
  /** The session of a key; "unknown" where no conversation belongs to it, "full" where there are too many. */
  open(apiKey: string): Session | "unknown" | "full";
  find(apiKey: string): Session | undefined;
  all(): readonly Session[];
};

/** Opens the empty set of sessions. */
export function createSessions(options: {
  readonly sessionsMax: number;
  readonly storedResponsesMax: number;
  readonly identitySalt?: string | undefined;
  scriptOf(apiKey: string): SessionScript | undefined;
}): Sessions {
  const sessions = new Map<string, Session>();
  return {
    find: (apiKey) => sessions.get(apiKey),
    all: () => [...sessions.values()],
    open(apiKey) {
      if (options.scriptOf(apiKey) === undefined) return "unknown";
      const known = sessions.get(apiKey);
      if (known !== undefined) return known;
      if (sessions.size >= options.sessionsMax) return "full";
      const session = createSession(apiKey, options);
      sessions.set(apiKey, session);
      return session;
    },
  };
}

function createSession(
  apiKey: string,
  options: {
    readonly storedResponsesMax: number;
    readonly identitySalt?: string | undefined;
    scriptOf(apiKey: string): SessionScript | undefined;
  },
): Session {
  let connections = 0;
  return {
    apiKey,
    identities: createIdentities(apiKey, options.identitySalt),
    store: createResponseStore(options.storedResponsesMax),
    script: () => options.scriptOf(apiKey),
    nextConnection() {
      connections += 1;
      return connections - 1;
    },
  };
}
