/**
 * The closed list of things a user can ask for that cannot be done, with the exit code a command ends with.
 *
 * Misbehaviour of the system under test is never in this list: it is an event and a verdict. A bug of the harness is
 * not in it either: that is an assertion, and exit code 4.
 */
export const HARNESS_ERROR_CODES: Readonly<Record<HarnessErrorCode, string>> = {
  HARNESS_INVALID_PLAN:
    "A plan, scenario or reproduction file does not describe a run; every problem is listed with its path.",
  HARNESS_INVALID_CONTRACT: "A contract contradicts itself or is out of bounds.",
  HARNESS_INVALID_CONFIGURATION:
    "A configuration file or a list of known findings has another shape than it should; every problem is listed with its path.",
  HARNESS_INVALID_OPTION: "A command-line argument or an option of a function is unknown, malformed or out of bounds.",
  HARNESS_INVALID_SCRIPT: "A model script given to the reference server cannot be played.",
  HARNESS_UNKNOWN_NAME: "A scenario, client, backend or reporter of that name is not registered.",
  HARNESS_UNREADABLE_FILE: "A file is missing, is not JSON, or is of a format version that this release does not know.",
  HARNESS_UNWRITABLE_FILE: "A result cannot be stored where it was asked for.",
  HARNESS_UNSUPPORTED_FAULT: "The chosen backend cannot express a fault of the plan.",
  HARNESS_INVALID_CLIENT: "A client module cannot be loaded or does not export a client.",
  HARNESS_MISSING_PACKAGE: "An optional package is not installed; the message names the command that installs it.",
  HARNESS_PORT_IN_USE: "A server cannot listen on the address it was given.",
  HARNESS_BACKEND_UNAVAILABLE: "The wire or the target could not be started or did not answer its control API in time.",
  HARNESS_SIMULATION_UNPREPARED: "A simulation was asked for in a process that was not prepared for one, or too late.",
  HARNESS_SIMULATION_ESCAPED: "Something in a simulation left virtual time; the message names it and where it began.",
  HARNESS_SIMULATION_STUCK: "A simulated world goes round and round without time passing.",
};

/** One stable code out of {@link HARNESS_ERROR_CODES}, for example `"HARNESS_INVALID_PLAN"`. */
export type HarnessErrorCode =
  | "HARNESS_INVALID_PLAN"
  | "HARNESS_INVALID_CONTRACT"
  | "HARNESS_INVALID_CONFIGURATION"
  | "HARNESS_INVALID_OPTION"
  | "HARNESS_INVALID_SCRIPT"
  | "HARNESS_UNKNOWN_NAME"
  | "HARNESS_UNREADABLE_FILE"
  | "HARNESS_UNWRITABLE_FILE"
  | "HARNESS_UNSUPPORTED_FAULT"
  | "HARNESS_INVALID_CLIENT"
  | "HARNESS_MISSING_PACKAGE"
  | "HARNESS_PORT_IN_USE"
  | "HARNESS_BACKEND_UNAVAILABLE"
  | "HARNESS_SIMULATION_UNPREPARED"
  | "HARNESS_SIMULATION_ESCAPED"
  | "HARNESS_SIMULATION_STUCK";

/**
 * The user asked for something impossible.
 *
 * The message says what happened, with which value, and what to do about it. `details` is safe to print as JSON.
 *
 * @example new HarnessError("HARNESS_UNKNOWN_NAME", 'There is no client named "refrence". Registered: reference.')
 */
export class HarnessError extends Error {
  readonly code: HarnessErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: HarnessErrorCode,
    message: string,
    options: { readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "HarnessError";
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The message of anything that was thrown, for example `"connect ECONNREFUSED 127.0.0.1:1"`; never empty. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === "" ? thrown.name : thrown.message;
  return String(thrown);
}

/** The system error code of anything that was thrown, for example `"EADDRINUSE"`; absent where it has none. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
