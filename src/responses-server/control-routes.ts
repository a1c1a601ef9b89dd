import { HarnessError } from "../errors.ts";
import { isJsonObject } from "../protocol/json.ts";
import { SessionScriptSchema } from "../protocol/model-script.ts";
import type { StoredResponse } from "./conversation-memory.ts";
import { invalidScript } from "./script-file.ts";
import type { Forgettable, ServerControl } from "./server-control.ts";
import { parseServerOrder } from "./server-order.ts";

/** A request of the control API; `path` is cut at its slashes and decoded. */
export type ControlRequest = { readonly method: string; readonly path: readonly string[]; readonly body: string };

/** The answer to it, to be printed as JSON. */
export type ControlAnswer = { readonly status: number; readonly body: unknown };

/** Answers one request of the control API; whatever is wrong with it becomes an answer, too. */
export function answerControlRequest(control: ServerControl, request: ControlRequest): ControlAnswer {
  try {
    return (
      route(control, request) ?? notFound(`There is no ${request.method} /${request.path.join("/").slice(0, 256)}.`)
    );
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return { status: 400, body: { error: { code: error.code, message: error.message, details: error.details } } };
  }
}

function route(control: ServerControl, request: ControlRequest): ControlAnswer | undefined {
  const [subject = "", name, verb] = request.path;
  const isWhole = request.path.length === 1;
  switch (`${request.method} ${subject}`) {
    case "GET connections":
      return isWhole ? ok({ connections: control.connections() }) : undefined;
    case "GET orders":
      return isWhole ? ok({ orders: control.orders() }) : undefined;
    case "GET holds":
      return isWhole ? ok({ holds: control.holds() }) : undefined;
    case "POST orders":
      return isWhole ? ok(control.order(parseServerOrder(parseBody(request.body)))) : undefined;
    default:
      return name === undefined || name === "" ? undefined : routeNamed(control, { ...request, subject, name, verb });
  }
}

type NamedRequest = ControlRequest & {
  readonly subject: string;
  readonly name: string;
  readonly verb: string | undefined;
};

function routeNamed(control: ServerControl, request: NamedRequest): ControlAnswer | undefined {
  const { name } = request;
  const verb = request.verb === undefined ? "" : ` ${request.verb}`;
  if (request.path.length > 3) return undefined;
  switch (`${request.method} ${request.subject}${verb}`) {
    case "PUT scripts": {
      const parsed = SessionScriptSchema.safeParse(parseBody(request.body));
      if (!parsed.success) throw invalidScript(parsed.error.issues);
      control.setScript(name, parsed.data);
      return ok({});
    }
    case "DELETE scripts":
      control.setScript(name, undefined);
      return ok({});
    case "DELETE orders":
      return control.withdraw(name) ? ok({}) : notFound(`No order ${name} is waiting.`);
    case "POST holds release": {
      const released = control.release(name);
      return released > 0 ? ok({ released }) : notFound(`Nothing is held by ${name}.`);
    }
    case "POST sessions forget":
      return control.forget(name, parseForgettable(request.body)) ? ok({}) : neverUsed();
    case "GET sessions store": {
      const responses = control.stored(name);
      return responses === undefined ? neverUsed() : ok({ responses });
    }
    case "PUT sessions store":
      return control.restore(name, parseStored(request.body)) ? ok({}) : notFound("No conversation has that key.");
    case "POST sessions reuse-call-ids":
      return control.reuseCallIds(name) ? ok({}) : neverUsed();
    default:
      return undefined;
  }
}

function neverUsed(): ControlAnswer {
  return notFound("No connection was ever opened with that key.");
}

function parseForgettable(text: string): Forgettable {
  const body = parseBody(text);
  const what = isJsonObject(body) ? body["what"] : undefined;
  if (what === "connections" || what === "store" || what === "all") return what;
  throw new HarnessError("HARNESS_INVALID_OPTION", 'The body has to be {"what":"connections"}, "store" or "all".');
}

function parseStored(text: string): readonly StoredResponse[] {
  const body = parseBody(text);
  const responses = isJsonObject(body) ? body["responses"] : undefined;
  if (!Array.isArray(responses) || !responses.every(isStoredResponse)) {
    throw new HarnessError("HARNESS_INVALID_OPTION", 'The body has to be what "GET /sessions/KEY/store" answers.');
  }
  return responses;
}

function isStoredResponse(value: unknown): value is StoredResponse {
  if (!isJsonObject(value)) return false;
  const { responseId, items, tokens } = value;
  const areItems =
    Array.isArray(items) && items.every((item) => isJsonObject(item) && typeof item["type"] === "string");
  return typeof responseId === "string" && areItems && typeof tokens === "number";
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HarnessError("HARNESS_INVALID_OPTION", "The body is not JSON. Send a JSON object.", { cause: error });
  }
}

function ok(body: unknown): ControlAnswer {
  return { status: 200, body };
}

function notFound(message: string): ControlAnswer {
  return { status: 404, body: { error: { code: "HARNESS_UNKNOWN_NAME", message } } };
}
