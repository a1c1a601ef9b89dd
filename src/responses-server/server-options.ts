import { z } from "zod";

import { HarnessError } from "../errors.ts";
import type { Clock } from "../determinism/clock.ts";
import type { SessionScript } from "../protocol/model-script.ts";
import { type ErrorShape, ErrorShapeSchema, NESTED_ERROR } from "./error-shape.ts";
import type { ServerEvent } from "./server-event.ts";

/** What the server does with responses that run when their connection reaches its age: ends them, or lets them end. */
export type AtAgeCap = "cut" | "finish";

/**
 * How a reference server is to behave. Only `clock` and `scriptOf` have no default.
 *
 * Each number is a whole number of 0 or more; an age or interval of 0 means never. What the service does is public only for
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
  /** What keeps its ids apart from those of another server, or of an earlier start; absent: nothing, they come again. */
  readonly identitySalt?: string;
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
  /** How long an answer to a ping takes in ms; `"never"` answers none (protocol.md §10.1 item 10). */
  readonly pongDelayMs: number | "never";
  /** Whether responses can be steered (protocol.md §2.4). */
  readonly canSteer: boolean;
  /** How every error frame looks (protocol.md §3.7). */
  readonly errorShape: ErrorShape;
  /** Further headers of the 101 answer, for example `{"x-codex-turn-state":"abc"}`. */
  readonly upgradeHeaders: Readonly<Record<string, string>>;
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
  pongDelayMs: 0,
  canSteer: true,
  errorShape: NESTED_ERROR,
  upgradeHeaders: {},
};

const CountSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Longer than this no timer of Node runs. */
const DURATION_MS_MAX = 2 ** 31 - 1;
const DurationSchema = CountSchema.max(DURATION_MS_MAX);

/** Members that are no bounds, such as the clock, are passed over. */
const ServerLimitsSchema: z.ZodType<ServerLimits> = z.object({
  connectionAgeMsMax: DurationSchema,
  atAgeCap: z.enum(["cut", "finish"]),
  pingIntervalMs: DurationSchema,
  pongTimeoutMs: DurationSchema,
  messageSizeBytesMax: CountSchema.min(1).max(2 ** 30),
  bufferedSizeBytesMax: CountSchema,
  stalledWriteMsMax: DurationSchema,
  inFlightMax: CountSchema.min(1),
  lanesMax: CountSchema,
  waitingMax: CountSchema,
  waitingSizeBytesMax: CountSchema,
  contextItemsMax: CountSchema,
  storedResponsesMax: CountSchema,
  sessionsMax: CountSchema,
  connectionsMax: CountSchema,
  closeTimeoutMs: DurationSchema,
  pongDelayMs: z.union([DurationSchema, z.literal("never")]),
  canSteer: z.boolean(),
  errorShape: ErrorShapeSchema,
  upgradeHeaders: z.record(z.string().regex(/^[\w-]{1,64}$/), z.string().regex(/^[\x20-\x7e]{0,1024}$/)),
});

/**
 * The bounds of a server with every default filled in.
 *
 * @throws HarnessError `HARNESS_INVALID_OPTION` where one is out of bounds, with every problem
 */
export function resolveLimits(options: Partial<ServerLimits>): ServerLimits {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const parsed = ServerLimitsSchema.safeParse({ ...DEFAULT_SERVER_LIMITS, ...given });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const listed = problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
  throw new HarnessError("HARNESS_INVALID_OPTION", `The reference server cannot use these options: ${listed}.`, {
    details: { problems },
  });
}
