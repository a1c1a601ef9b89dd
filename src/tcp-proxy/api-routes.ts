import { decodeBody } from "./api-body.ts";
import { API_ERRORS, ApiError } from "./api-error.ts";
import { printJson, shortestFloat32, type Printable } from "./json-printer.ts";
import { decodeProxies, decodeProxy, decodeProxyChange } from "./proxy-body.ts";
import type { PopulateOutcome, ProxyCollection } from "./proxy-collection.ts";
import type { Proxy } from "./proxy.ts";
import { decodeToxic, decodeToxicChange } from "./toxic-body.ts";
import type { ToxicEntry } from "./toxic-entry.ts";

/** The release of Toxiproxy whose API is spoken. */
export const TOXIPROXY_VERSION = "2.12.0";

/** What an answer consists of besides the headers that every answer has. */
export type ApiAnswer = { readonly status: number; readonly contentType?: string; readonly body: string };

/** A request as a handler sees it: the two names in its path and its body. */
export type ApiRequest = { readonly proxy: string; readonly toxic: string; readonly body: Buffer };

/** Answers a request. Throws ApiError for a refusal. */
export type ApiHandler = (request: ApiRequest, proxies: ProxyCollection) => ApiAnswer | Promise<ApiAnswer>;

/** A path of the API, its variable parts in braces, with the handler of each method. */
export type ApiRoute = { readonly path: string; readonly methods: Readonly<Record<string, ApiHandler>> };

const JSON_TYPE = "application/json";
const NO_CONTENT: ApiAnswer = { status: 204, body: "" };

/** The whole API, apart from the metrics. */
export const API_ROUTES: readonly ApiRoute[] = [
  { path: "/reset", methods: { POST: resetAll } },
  { path: "/proxies", methods: { GET: listProxies, POST: createProxy } },
  { path: "/populate", methods: { POST: populate } },
  {
    path: "/proxies/{proxy}",
    methods: { GET: showProxy, POST: updateProxy, PATCH: updateProxy, DELETE: deleteProxy },
  },
  { path: "/proxies/{proxy}/toxics", methods: { GET: listToxics, POST: createToxic } },
  {
    path: "/proxies/{proxy}/toxics/{toxic}",
    methods: { GET: showToxic, POST: updateToxic, PATCH: updateToxic, DELETE: deleteToxic },
  },
  { path: "/version", methods: { GET: showVersion } },
];

function listProxies(_request: ApiRequest, proxies: ProxyCollection): ApiAnswer {
  return answerJson(200, new Map(proxies.list().map((proxy) => [proxy.name, describeProxy(proxy)])));
}

async function createProxy({ body }: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  return answerJson(201, describeProxy(await proxies.create(decodeProxy(decodeBody(body)))));
}

async function populate({ body }: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  const outcome = await populateFrom(body, proxies);
  const stands = outcome.proxies.length === 0 ? null : outcome.proxies.map(describeProxy);
  if (outcome.error === undefined) return answerJson(201, { proxies: stands });
  const { message, status } = outcome.error;
  return answerJson(status, { error: message, status, proxies: stands });
}

async function populateFrom(body: Buffer, proxies: ProxyCollection): Promise<PopulateOutcome> {
  try {
    return await proxies.populate(decodeProxies(decodeBody(body)));
  } catch (error) {
    if (error instanceof ApiError) return { proxies: [], error };
    throw error;
  }
}

function showProxy({ proxy }: ApiRequest, proxies: ProxyCollection): ApiAnswer {
  return answerJson(200, describeProxy(proxies.get(proxy)));
}

async function updateProxy({ proxy: name, body }: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  const proxy = proxies.get(name);
  const { listen, upstream, isEnabled } = proxy;
  const before = { name: proxy.name, listen, upstream, enabled: isEnabled };
  await proxies.update(proxy, decodeProxyChange(decodeBody(body), before));
  return answerJson(200, describeProxy(proxy));
}

async function deleteProxy({ proxy }: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  await proxies.remove(proxy);
  return NO_CONTENT;
}

async function resetAll(_request: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  await proxies.reset();
  return NO_CONTENT;
}

function listToxics({ proxy }: ApiRequest, proxies: ProxyCollection): ApiAnswer {
  return answerJson(200, proxies.get(proxy).toxics.list().map(describeToxic));
}

async function createToxic({ proxy, body }: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  const { toxics } = proxies.get(proxy);
  const entry = decodeToxic(decodeBody(body), (name) => toxics.find(name) !== undefined);
  toxics.add(entry);
  await toxics.settled();
  return answerJson(200, describeToxic(entry));
}

function showToxic({ proxy, toxic }: ApiRequest, proxies: ProxyCollection): ApiAnswer {
  return answerJson(200, describeToxic(findToxic(proxies.get(proxy), toxic)));
}

async function updateToxic({ proxy, toxic, body }: ApiRequest, proxies: ProxyCollection): Promise<ApiAnswer> {
  const { toxics } = proxies.get(proxy);
  const entry = findToxic(proxies.get(proxy), toxic);
  const { attributes, toxicity } = decodeToxicChange(decodeBody(body), entry);
  entry.attributes = attributes;
  entry.toxicity = toxicity;
  toxics.changed(entry);
  await toxics.settled();
  return answerJson(200, describeToxic(entry));
}

function deleteToxic({ proxy, toxic }: ApiRequest, proxies: ProxyCollection): ApiAnswer {
  const found = proxies.get(proxy);
  found.toxics.remove(findToxic(found, toxic));
  return NO_CONTENT;
}

function showVersion(): ApiAnswer {
  return {
    status: 200,
    contentType: "application/json;charset=utf-8",
    body: `{"version": "${TOXIPROXY_VERSION}"}\n`,
  };
}

function findToxic(proxy: Proxy, name: string): ToxicEntry {
  const entry = proxy.toxics.find(name);
  if (entry === undefined) throw API_ERRORS.toxicNotFound();
  return entry;
}

function answerJson(status: number, value: Printable): ApiAnswer {
  return { status, contentType: JSON_TYPE, body: printJson(value) };
}

/** The empty Logger is a leak of the real server's inside that its clients have come to see. */
function describeProxy(proxy: Proxy): Printable {
  const { name, listen, upstream, isEnabled } = proxy;
  return { name, listen, upstream, enabled: isEnabled, Logger: {}, toxics: proxy.toxics.list().map(describeToxic) };
}

function describeToxic({ attributes, name, type, stream, toxicity }: ToxicEntry): Printable {
  return { attributes, name, type: type.type, stream, toxicity: shortestFloat32(toxicity) };
}
