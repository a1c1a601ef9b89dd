import { HarnessError } from "../errors.ts";
import type { Clock } from "../determinism/clock.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import type { ServerEvent } from "./server-event.ts";

/** What the server does with responses that run when their connection reaches its age: ends them, or lets them end. */
export type AtAgeCap = "cut" | "finish";

/**
 * How a reference server is to behave. Only `clock` and `scriptOf` have no default.
 *
 * Each number is a whole number of 0 or more; a duration of 0 means never. What the service does is public only for
 * the age, the lanes and the responses in flight (protocol.md §1.3, §2.3); the other defaults are choices.
 */
export type ResponsesServerOptions = ResponsesEndpointOptions & {
  /** Address to listen on; `"127.0.0.1"` where absent. */
  readonly host?: string;
  /** 0..65535; 0, also where absent, takes any free port. */
  readonly port?: number;
};

/** How the server behaves, wherever its connections come from. */
export type ResponsesEndpointOptions = Partial<ServerLimits> & {
  readonly clock: Clock;
  /** The conversation that a credential gets; undefined for an unknown key, which is refused with 401. */
  scriptOf(apiKey: string): SessionScript | undefined;
  /** Sees what the server does; it must not throw. */
  onEvent?(event: ServerEvent): void;
};

/** The bounds of a server, with a default for each in {@link DEFAULT_SERVER_LIMITS}. */
export type ServerLimits = {
  /** Age in ms at which a connection is told to go; 3_600_000 on the service. 0 = never. */
  readonly connectionAgeMsMax: number;
  readonly atAgeCap: AtAgeCap;
  /** Pause in ms between a pong, or the start, and the next ping; 0 = the server never pings. */
  readonly pingIntervalMs: number;
  /** How long a pong may take in ms before the connection is closed with 1011. */
  readonly pongTimeoutMs: number;
  /** Largest message of a client in bytes; a larger one closes the connection with 1009. */
  readonly messageSizeBytesMax: number;
  /** How many bytes may wait to be read by a client before the server stops writing and reading. */
  readonly bufferedSizeBytesMax: number;
  /** How long that may last in ms before the connection is closed with 1008 and cut. */
  readonly stalledWriteMsMax: number;
  /** Responses at once on one connection. */
  readonly inFlightMax: number;
  /** Distinct named lanes over the life of one connection. */
  readonly lanesMax: number;
  /** Creates that may wait for their lane; one more closes the connection with 1008. */
  readonly waitingMax: number;
  /** Bytes of those creates; more closes the connection with 1008. */
  readonly waitingSizeBytesMax: number;
  /** Items of an effective input; more is refused with `context_length_exceeded`. */
  readonly contextItemsMax: number;
  /** Responses kept per key for `store: true`; the oldest is forgotten. */
  readonly storedResponsesMax: number;
  /** API keys that the server remembers; a further one is refused with 503. */
  readonly sessionsMax: number;
  /** Connections at once; a further one is refused with 503. */
  readonly connectionsMax: number;
  /** How long a closing handshake may take in ms. */
  readonly closeTimeoutMs: number;
};

/** The bounds that hold where an option is absent. */
export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  connectionAgeMsMax: 3_600_000,
  atAgeCap: "cut",
  pingIntervalMs: 20_000,
  pongTimeoutMs: 20_000,
  messageSizeBytesMax: 16 * 1024 * 1024,
  bufferedSizeBytesMax: 16 * 1024 * 1024,
  stalledWriteMsMax: 60_000,
  inFlightMax: 16,
  lanesMax: 32,
  waitingMax: 256,
  waitingSizeBytesMax: 64 * 1024 * 1024,
  contextItemsMax: 100_000,
  storedResponsesMax: 10_000,
  sessionsMax: 10_000,
  connectionsMax: 20_000,
  closeTimeoutMs: 5_000,
};

/**
 * The bounds of a server with every default filled in.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` where one is not a whole number of 0 or more
 */
export function resolveLimits(options: Partial<ServerLimits>): ServerLimits {
  const atAgeCap = options.atAgeCap ?? DEFAULT_SERVER_LIMITS.atAgeCap;
  if (atAgeCap !== "cut" && atAgeCap !== "finish") {
    throw invalidOption("atAgeCap", atAgeCap, 'Use "cut" or "finish".');
  }
  const { atAgeCap: _, ...numbers } = DEFAULT_SERVER_LIMITS;
  const resolved = { ...numbers };
  for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) {
    const value = options[name] ?? numbers[name];
    if (!Number.isSafeInteger(value) || value < 0) throw invalidOption(name, value, "Use a whole number of 0 or more.");
    resolved[name] = value;
  }
  return { ...resolved, atAgeCap };
}

function invalidOption(name: string, value: unknown, advice: string): HarnessError {
  return new HarnessError(
    "HARNESS_INVALID_OPTION",
    `The reference server cannot use ${name} = ${String(value)}. ${advice}`,
    {
      details: { name, value: String(value) },
    },
  );
}
