// A Responses server that shares nothing with the one in src/responses-server but the protocol: another model, other
// ids, other frames. It listens on a free port of 127.0.0.1 and prints its base URL. In its environment, BASE is the
// path of that URL, KEY the one key that it upgrades for, HOST and PORT where it listens instead. SIGTERM ends it.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { setImmediate as breathe } from "node:timers/promises";
import { WebSocketServer } from "ws";

const { BASE = "/v1", KEY, HOST = "127.0.0.1", PORT = "0" } = process.env;
const sockets = new WebSocketServer({ noServer: true });
const http = createServer(({ url }, response) => response.writeHead(url === "/healthz" ? 200 : 404).end());
http.on("upgrade", (request, stream, head) => {
  const turnAway = (status) => stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  if (request.url !== `${BASE}/responses`) return turnAway("404 Not Found");
  if (KEY !== undefined && request.headers.authorization !== `Bearer ${KEY}`) return turnAway("401 No");
  return sockets.handleUpgrade(request, stream, head, serve);
});
http.listen(Number(PORT), HOST, () => console.log(`ws://${HOST}:${http.address().port}${BASE}`));
process.once("SIGTERM", () => {
  for (const socket of sockets.clients) socket.terminate();
  http.close();
});

/** Responses that were asked for with storage, which is what happens when nothing is said. */
const stored = new Map();
let serial = 0;

/** Ids of any length, as other servers have them. */
function newId(prefix) {
  serial += 1;
  return `${prefix}_${serial.toString(36)}${randomBytes(2 + (serial % 9)).toString("base64url")}`;
}

function serve(socket) {
  /** The latest completed response of each lane: nothing else can be continued on this connection. */
  const latest = new Map();
  const queues = new Map();
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    const body = parse(data);
    if (body === undefined) return refuse(socket, undefined, { message: "That is no JSON object.", param: null });
    if (body.type !== "response.create") return undefined;
    const lane = body.stream_id ?? "";
    const before = queues.get(lane) ?? Promise.resolve();
    const answering = before.then(() => answer(socket, latest, body));
    queues.set(lane, answering);
    return answering.catch((error) => socket.close(1011, String(error).slice(0, 100)));
  });
}

function parse(data) {
  try {
    const body = JSON.parse(String(data));
    return typeof body === "object" && body !== null ? body : undefined;
  } catch {
    return undefined;
  }
}

async function answer(socket, latest, body) {
  const lane = body.stream_id ?? "";
  const previous = body.previous_response_id ?? undefined;
  const mine = latest.get(lane);
  const parent = previous === undefined ? [] : mine?.id === previous ? mine.items : stored.get(previous);
  if (parent === undefined) {
    const message = `Previous response with id '${previous}' not found.`;
    const code = "previous_response_not_found";
    return refuse(socket, body, { message, code, param: "previous_response_id" });
  }
  const said = typeof body.input === "string" ? [{ role: "user", content: body.input }] : (body.input ?? []);
  const items = [...parent, ...said];
  const mistake = body.generate === false ? undefined : firstUnpaired(items);
  if (mistake !== undefined) {
    // A continuation that fails takes what it continues with it.
    latest.delete(lane);
    return refuse(socket, body, { message: mistake, param: "input" });
  }
  const id = newId("resp");
  const output = body.generate === false ? [] : think(items);
  await stream(socket, body, { id, output });
  latest.set(lane, { id, items: [...items, ...output] });
  if (body.store !== false) stored.set(id, [...items, ...output]);
  if (stored.size > 1_000) stored.delete(stored.keys().next().value);
  return undefined;
}

function firstUnpaired(items) {
  const open = new Set();
  for (const { type, call_id: call } of items) {
    if (type === "function_call") open.add(call);
    if (type !== "function_call_output") continue;
    if (!open.delete(call)) return `No tool call found for function call output with call_id ${call}.`;
  }
  const [unanswered] = open;
  return unanswered === undefined ? undefined : `No tool output found for function call ${unanswered}.`;
}

/**
 * The model: it does what it reads in the last thing that the user said, a numbered step at a time. A line "- tool {…}"
 * is a call, and words in quotes are what it is to say. What it was told the result of it does not do again.
 */
function think(items) {
  const isUser = ({ role, type = "message" }) => type === "message" && role === "user";
  const asked = items.findLastIndex(isUser);
  const steps = textOf(items[asked])
    .split(/^\d+\. /m)
    .slice(1);
  const answered = new Set(items.slice(asked + 1).map((item) => item.type === "function_call_output" && item.call_id));
  const done = items
    .slice(asked + 1)
    .filter((item) => item.type === "function_call" && answered.has(item.call_id))
    .map((item) => keyOf(JSON.parse(item.arguments)));
  for (const step of steps) {
    const wanted = [...step.matchAll(/^- (\w+) (\{.*\})$/gm)].map(([, name, json]) => [name, shuffle(json)]);
    const calls = wanted.filter(([, values]) => !done.includes(keyOf(values)));
    if (calls.length > 0) return calls.map(([name, values]) => callOf(name, values));
  }
  const [, words = "nothing that I could do"] = /say "([^"]*)"/i.exec(steps.at(-1) ?? "") ?? [];
  return [messageOf(`You asked me to say: ${words}`)];
}

/** The same arguments, in the order of this model. */
function shuffle(json) {
  return Object.fromEntries(Object.entries(JSON.parse(json)).reverse());
}

/** Equal for equal arguments, in whatever order a client writes them. */
function keyOf(values) {
  return JSON.stringify(
    values,
    Object.keys(values).toSorted((left, right) => (left < right ? -1 : 1)),
  );
}

function textOf(item) {
  if (item === undefined) return "";
  return typeof item.content === "string" ? item.content : item.content.map(({ text = "" }) => text).join("");
}

function callOf(name, values) {
  const text = JSON.stringify(values, undefined, 1);
  return { call_id: newId("call"), name, arguments: text, type: "function_call", status: "completed", id: newId("fc") };
}

function messageOf(text) {
  const content = [{ annotations: [], text, type: "output_text" }];
  return { role: "assistant", status: "completed", content, id: newId("msg"), type: "message" };
}

/** Sends a response, piece by piece, and gives the pieces time to leave one by one. */
async function stream(socket, body, { id, output }) {
  let number = 0;
  const say = async (event) => {
    await send(socket, { ...event, sequence_number: number, ...laneOf(body) });
    number += 1;
  };
  await say({ response: responseOf(body, { id, status: "in_progress", output: [] }), type: "response.created" });
  for (const [index, item] of output.entries()) {
    const place = { item_id: item.id, output_index: index };
    const isCall = item.type === "function_call";
    const text = isCall ? item.arguments : item.content[0].text;
    const kind = isCall ? "response.function_call_arguments" : "response.output_text";
    const where = isCall ? place : { content_index: 0, ...place };
    const unfinished = { ...item, status: "in_progress", ...(isCall ? { arguments: "" } : { content: [] }) };
    await say({ item: unfinished, output_index: index, type: "response.output_item.added" });
    for (const delta of piecesOf(text)) await say({ delta, ...where, type: `${kind}.delta` });
    await say({ ...where, ...(isCall ? { arguments: text, name: item.name } : { text }), type: `${kind}.done` });
    await say({ item, output_index: index, type: "response.output_item.done" });
  }
  await say({ response: responseOf(body, { id, status: "completed", output }), type: "response.completed" });
}

/** Words, two at a time at most, and never much. */
function piecesOf(text) {
  return text.match(/\s*\S{1,9}(?: \S{1,3})?\s*/gu) ?? [];
}

function responseOf(body, { id, status, output }) {
  return {
    usage:
      status === "completed"
        ? {
            total_tokens: 3,
            output_tokens_details: { reasoning_tokens: 0 },
            output_tokens: 1,
            input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
            input_tokens: 2,
          }
        : null,
    output,
    status,
    previous_response_id: body.previous_response_id ?? null,
    model: body.model,
    store: body.store ?? true,
    error: null,
    incomplete_details: null,
    created_at: Math.floor(Date.now() / 1000),
    object: "response",
    id,
  };
}

function refuse(socket, body, error) {
  const whole = { code: null, ...error, type: "invalid_request_error" };
  return send(socket, { error: whole, status: 400, ...laneOf(body), type: "error" });
}

function laneOf(body) {
  return body?.stream_id === undefined ? {} : { stream_id: body.stream_id };
}

/** Every third message is cut into two frames, which is nobody's business but the receiver's. */
let sent = 0;
async function send(socket, event) {
  await breathe();
  const bytes = Buffer.from(JSON.stringify(event));
  const half = bytes.length >> 1;
  sent += 1;
  if (sent % 3 !== 0) return socket.send(bytes, { binary: false });
  socket.send(bytes.subarray(0, half), { binary: false, fin: false });
  return socket.send(bytes.subarray(half), { fin: true });
}
