import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Random } from "../determinism/random.ts";
import { API_ERRORS, ApiError } from "./api-error.ts";
import { API_ROUTES, type ApiAnswer, type ApiHandler, type ApiRequest, type ApiRoute } from "./api-routes.ts";
import { printJson } from "./json-printer.ts";
import { crash } from "./own-bug.ts";
import type { ProxyCollection } from "./proxy-collection.ts";

const BODY_BYTES_MAX = 8 * 1024 * 1024;
const PLAIN_TYPE = "text/plain; charset=utf-8";
/** What a path and a method came to: a handler with the names in the path, or an answer without one. */
type Match =
  | { readonly handler: ApiHandler; readonly proxy: string; readonly toxic: string }
  | { readonly answer: ApiAnswer; readonly location?: string };

/** What the API acts on. */
export type ApiServerOptions = {
  readonly proxies: ProxyCollection;
  /** Where the request ids come from. */
  readonly random: Random;
  /** Routes besides those of the API proper, for example the metrics. */
  readonly moreRoutes: readonly ApiRoute[];
};

/** Creates the HTTP server of the API; it does not listen yet. */
export function createApiServer(options: ApiServerOptions): Server {
  const routes = [...API_ROUTES, ...options.moreRoutes];
  const server = createServer((request, response) => {
    answerRequest(request, response, { ...options, routes }).catch(crash);
  });
  server.requestTimeout = 15_000;
  server.headersTimeout = 15_000;
  server.keepAliveTimeout = 60_000;
  return server;
}

type Context = ApiServerOptions & { readonly routes: readonly ApiRoute[] };

async function answerRequest(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const match = matchRoute(request, context.routes);
  if ("answer" in match) {
    request.resume();
    if (match.location !== undefined) response.setHeader("Location", match.location);
    send(response, match.answer);
    return;
  }
  response.setHeader("X-Toxiproxy-Request-Id", context.random.hex(20));
  if (request.headers["user-agent"]?.startsWith("Mozilla/") === true) {
    request.resume();
    send(response, plain(403, "User agent not allowed"));
    return;
  }
  const body = await readBody(request);
  if (body === undefined) return;
  send(response, await handle(match.handler, { proxy: match.proxy, toxic: match.toxic, body }, context.proxies));
}

async function handle(handler: ApiHandler, request: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  try {
    if (request.body.length > BODY_BYTES_MAX) throw API_ERRORS.badRequestBody("http: request body too large");
    return await handler(request, proxies);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // The real server means to say application/json here and does not: its error helper overwrites it.
    return plain(error.status, printJson({ error: error.message, status: error.status }));
  }
}

/** The body, one byte longer than allowed where it is too long; undefined where the client went away. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return await new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= BODY_BYTES_MAX) chunks.push(chunk);
    });
    request.on("end", () =>
      resolve(sizeBytes > BODY_BYTES_MAX ? Buffer.alloc(BODY_BYTES_MAX + 1) : Buffer.concat(chunks)),
    );
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

function matchRoute(request: IncomingMessage, routes: readonly ApiRoute[]): Match {
  const [rawPath = "/", query] = (request.url ?? "/").split("?", 2);
  const path = decodePath(rawPath);
  if (path === undefined) return { answer: { status: 400, contentType: PLAIN_TYPE, body: "400 Bad Request" } };
  const clean = cleanPath(path);
  if (clean !== path) {
    const location = encodeURI(clean) + (query === undefined ? "" : `?${query}`);
    return { answer: { status: 301, body: "" }, location };
  }
  for (const route of routes) {
    const names = matchPath(path, route.path);
    if (names === undefined) continue;
    const handler = route.methods["*"] ?? route.methods[request.method ?? ""];
    if (handler === undefined) return { answer: { status: 405, body: "" } };
    return { handler, proxy: names.get("{proxy}") ?? "", toxic: names.get("{toxic}") ?? "" };
  }
  return { answer: plain(404, "404 page not found") };
}

function matchPath(path: string, pattern: string): ReadonlyMap<string, string> | undefined {
  const names = new Map<string, string>();
  const parts = path.split("/");
  const wanted = pattern.split("/");
  if (parts.length !== wanted.length) return undefined;
  for (const [index, part] of parts.entries()) {
    const want = wanted[index] ?? "";
    if (want.startsWith("{") && part !== "") names.set(want, part);
    else if (want !== part) return undefined;
  }
  return names;
}

/** The path with its `%xx` taken as bytes of UTF-8; undefined where one of them is no such thing. */
function decodePath(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined;
  const bytes = path.replace(/%(..)/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Without empty, `.` and `..` parts; a slash at the end stays. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}${path.endsWith("/") && parts.length > 0 ? "/" : ""}`;
}

function plain(status: number, text: string): ApiAnswer {
  return { status, contentType: PLAIN_TYPE, body: `${text}\n` };
}

function send(response: ServerResponse, answer: ApiAnswer): void {
  if (answer.contentType !== undefined) response.setHeader("Content-Type", answer.contentType);
  if (answer.contentType === PLAIN_TYPE) response.setHeader("X-Content-Type-Options", "nosniff");
  if (answer.status !== 204 && (answer.body !== "" || response.req.method !== "HEAD"))
    response.setHeader("Content-Length", Buffer.byteLength(answer.body));
  response.writeHead(answer.status);
  response.end(answer.body);
}
