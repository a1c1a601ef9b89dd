import { JsonSyntaxError } from "./json-parser.ts";

/** A request that the API refuses: the message and the HTTP status that it is answered with. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** The closed list of refusals of Toxiproxy's API, in its own words. */
export const API_ERRORS = {
  badRequestBody: (why: string): ApiError => new ApiError(`bad request body: ${why}`, 400),
  missingField: (name: string): ApiError => new ApiError(`missing required field: ${name}`, 400),
  proxyNotFound: (): ApiError => new ApiError("proxy not found", 404),
  proxyAlreadyExists: (): ApiError => new ApiError("proxy already exists", 409),
  invalidStream: (): ApiError => new ApiError("stream was invalid, can be either upstream or downstream", 400),
  invalidToxicType: (): ApiError => new ApiError("invalid toxic type", 400),
  toxicAlreadyExists: (): ApiError => new ApiError("toxic already exists", 409),
  toxicNotFound: (): ApiError => new ApiError("toxic not found", 404),
  /** Anything that the system refused: a port in use, a name that does not resolve. */
  system: (why: string): ApiError => new ApiError(why, 500),
} as const;

/** What was thrown while a body was read, as a refusal; anything else is a bug and is thrown again. */
export function asBadBody(thrown: unknown): ApiError {
  if (thrown instanceof JsonSyntaxError) return API_ERRORS.badRequestBody(thrown.message);
  throw thrown;
}
