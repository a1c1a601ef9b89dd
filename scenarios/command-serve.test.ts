import OpenAI from "openai";
import { ResponsesWebSocketSession } from "openai/lib/responses/responses-websocket-session";
import { ResponsesWS } from "openai/resources/responses/ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openWorkplace, waitUntil, type Workplace } from "./cutwire-command.test-support.ts";
import {
  curlsIn,
  type ListeningCommand,
  missingInRefusal,
  startListening,
  takePort,
} from "./listening-command.test-support.ts";

type Response = OpenAI.Responses.Response;
type Problem = { readonly message: string; readonly code: string | undefined };

const LISTENS =
  /^# .*\nexport OPENAI_BASE_URL=(http:\S+\/v1)\n.*OPENAI_API_KEY.*\n# WebSocket +(ws:\S+)\n# control API +(http:\S+)\n/;
const LISTENING = /^\{"kind":"listening","url":"([^"]+)","webSocketUrl":"([^"]+)","controlUrl":"([^"]+)"\}\n/;
const PORTS = ["--port", "0", "--control-port", "0"];

/** One conversation for every key: two tools, then a text. */
const SCRIPT = {
  turns: [
    {
      userText: "weather",
      script: {
        steps: [
          { calls: [{ operation: "sky", name: "get_sky" }], interleaved: true },
          { calls: [{ operation: "wind", name: "get_wind", arguments: { unit: "km/h" } }] },
          { text: "Sunny, with a light wind." },
        ],
      },
    },
    { userText: "hello", script: { steps: [{ text: "Good day to you." }] } },
  ],
};

let place: Workplace;
let command: ListeningCommand | undefined;
const sockets: ResponsesWS[] = [];

beforeEach(() => {
  place = openWorkplace();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await command?.stop();
  command = undefined;
  await place.expectNothingLeft();
  place.remove();
});

type Serving = { readonly baseURL: string; readonly webSocketUrl: string; readonly controlUrl: string };

async function serve(args: readonly string[], pattern = LISTENS): Promise<Serving> {
  command = await startListening(place, ["serve", ...PORTS, ...args], pattern);
  const [baseURL = "", webSocketUrl = "", controlUrl = ""] = command.found;
  return { baseURL, webSocketUrl, controlUrl };
}

async function serveScript(...args: string[]): Promise<Serving> {
  place.write("script.json", SCRIPT);
  return await serve(["--script", "script.json", ...args]);
}

async function serveEvents(...args: string[]): Promise<Serving> {
  place.write("script.json", SCRIPT);
  return await serve(["--script", "script.json", "--events", ...args], LISTENING);
}

type Dialled = {
  readonly socket: ResponsesWS;
  readonly completed: readonly Response[];
  readonly problems: readonly Problem[];
  readonly closes: readonly number[];
  /** Creates a response and answers it when it is completed. */
  readonly ask: (create: Create) => Promise<Response>;
  /** Creates a response and answers the problem that comes instead. */
  readonly askInVain: (create: Create) => Promise<Problem>;
};

type Create = Pick<OpenAI.Responses.ResponseCreateParams, "input" | "previous_response_id"> & {
  readonly stream_id?: string;
};

const BASE = { type: "response.create", model: "m", store: false } as const;

function dial(baseURL: string, apiKey = "any"): Dialled {
  const socket = new ResponsesWS(new OpenAI({ baseURL, apiKey }));
  sockets.push(socket);
  const completed: Response[] = [];
  const problems: Problem[] = [];
  const closes: number[] = [];
  socket.on("response.completed", ({ response }) => completed.push(response));
  socket.on("error", ({ message, error: event }) => {
    const error = event !== undefined && "error" in event ? event.error : event;
    problems.push({ message, code: error?.code ?? undefined });
  });
  socket.on("close", (code) => closes.push(code));
  const next = async <Value>(list: readonly Value[], create: Create): Promise<Value> => {
    const { length } = list;
    socket.send({ ...BASE, ...create });
    await waitUntil(() => list.length > length, 5_000, `an answer to ${JSON.stringify(create)}`);
    return list[length] as Value;
  };
  return {
    socket,
    completed,
    problems,
    closes,
    ask: async (create) => await next(completed, create),
    askInVain: async (create) => await next(problems, create),
  };
}

function callsOf(response: Response): OpenAI.Responses.ResponseFunctionToolCall[] {
  return response.output.filter((item) => item.type === "function_call");
}

function outputsOf(response: Response): OpenAI.Responses.ResponseInputItem[] {
  return callsOf(response).map(({ call_id, name }) => ({
    type: "function_call_output",
    call_id,
    output: `${name}: ok`,
  }));
}

function follow(response: Response): Create {
  return { previous_response_id: response.id, input: outputsOf(response) };
}

async function post(url: string, body: unknown): Promise<unknown> {
  return await (await fetch(url, { method: "POST", body: JSON.stringify(body) })).json();
}

describe("cutwire serve and the real openai client", () => {
  it("run a whole tool loop, each response chained to the one before", async () => {
    const { baseURL } = await serveScript();
    const { ask, problems } = dial(baseURL);
    const first = await ask({ input: "How is the weather?" });
    expect(callsOf(first).map(({ name }) => name)).toEqual(["get_sky"]);
    const second = await ask(follow(first));
    expect(second.previous_response_id).toBe(first.id);
    expect(callsOf(second)).toMatchObject([{ name: "get_wind" }]);
    expect(JSON.parse(callsOf(second)[0]?.arguments ?? "")).toEqual({ operation: "wind", unit: "km/h" });
    const third = await ask(follow(second));
    expect(third.output).toMatchObject([{ type: "message", content: [{ text: "Sunny, with a light wind." }] }]);
    const fourth = await ask({ previous_response_id: third.id, input: "hello" });
    expect(fourth.output).toMatchObject([{ content: [{ text: "Good day to you." }] }]);
    expect(problems).toEqual([]);
  });

  it("run two tool loops side by side, each on its own lane", async () => {
    const { baseURL } = await serveScript();
    const { socket, problems } = dial(baseURL);
    const session = new ResponsesWebSocketSession(socket, {
      maxLanes: 4,
      maxBufferedEvents: 1_000,
      maxBufferedBytes: 1_000_000,
    });
    await waitUntil(() => socket.socket.readyState === 1, 5_000, "the connection is open");
    const loops = ["agent_1", "agent_2"].map(async (name) => {
      const lane = session.lane(name);
      lane.create({ model: "m", store: false, input: "weather" });
      const first = await lane.finalResponse();
      lane.create({ model: "m", store: false, ...follow(first) });
      const second = await lane.finalResponse();
      lane.create({ model: "m", store: false, ...follow(second) });
      return await lane.finalResponse();
    });
    const responses = await Promise.all(loops);
    expect(responses.map(({ output }) => output)).toMatchObject(
      loops.map(() => [{ content: [{ text: "Sunny, with a light wind." }] }]),
    );
    expect(problems).toEqual([]);
  });

  it("agree that a failed continuation evicts its response, and that the full history helps", async () => {
    const { baseURL } = await serveScript();
    const { ask, askInVain } = dial(baseURL);
    const first = await ask({ input: "weather" });
    const orphan = await askInVain({ previous_response_id: first.id, input: "hello" });
    expect(orphan.message).toContain("No tool output found for function call");
    const evicted = await askInVain(follow(first));
    expect(evicted.message).toContain(`Previous response with id '${first.id}' not found.`);
    expect(evicted.code).toBe("previous_response_not_found");
    const user = { role: "user", content: "weather" } as const;
    const recovered = await ask({ input: [user, ...callsOf(first), ...outputsOf(first)] });
    expect(callsOf(recovered).map(({ name }) => name)).toEqual(["get_wind"]);
  });

  it("agree that another connection does not remember what was not stored", async () => {
    const { baseURL } = await serveScript();
    const first = await dial(baseURL).ask({ input: "weather" });
    const { code } = await dial(baseURL).askInVain(follow(first));
    expect(code).toBe("previous_response_not_found");
  });

  it("see the refusal that was ordered through the control API, once", async () => {
    const { baseURL, controlUrl } = await serveScript();
    const order = {
      at: { point: "P1", edge: "before" },
      action: { kind: "refuse", status: 429, retryAfterSeconds: 2 },
    };
    expect(await post(`${controlUrl}/orders`, order)).toEqual({ id: expect.any(String) as string, connections: 0 });
    const refused = dial(baseURL);
    await waitUntil(() => refused.problems.length > 0, 5_000, "the refusal");
    expect(refused.problems[0]?.message).toContain("429");
    const { ask } = dial(baseURL);
    expect((await ask({ input: "hello" })).status).toBe("completed");
  });

  it("see a close in the middle of a response that was ordered through the control API", async () => {
    const { baseURL, controlUrl } = await serveScript();
    const at = { type: "response.output_text.delta", edge: "after" };
    await post(`${controlUrl}/orders`, { at, action: { kind: "close", code: 1012, reason: "service restart" } });
    const { socket, closes, completed } = dial(baseURL);
    socket.send({ ...BASE, input: "hello" });
    await waitUntil(() => closes.length > 0, 5_000, "the close");
    expect({ closes, completed }).toEqual({ closes: [1012], completed: [] });
  });

  it("talk without a script, too: whatever is said leads to one call, then to a text", async () => {
    const { baseURL } = await serve([]);
    const { ask } = dial(baseURL);
    const first = await ask({ input: "Hm?" });
    expect(callsOf(first).map(({ name }) => name)).toEqual(["get_weather"]);
    const second = await ask(follow(first));
    expect(second.output).toMatchObject([{ content: [{ text: expect.stringContaining("--script FILE") as string }] }]);
  });

  it("keep the limits that were given", async () => {
    const { baseURL } = await serveScript("--limit", "lanesMax=0", "--limit", 'errorShape={"form":"flat"}');
    const { askInVain } = dial(baseURL);
    expect((await askInVain({ input: "hello", stream_id: "a" })).message).toContain("stream limit");
  });

  it("agree that a connection has an age", async () => {
    const { baseURL } = await serveScript("--limit", "connectionAgeMsMax=300");
    const { problems, closes } = dial(baseURL);
    await waitUntil(() => closes.length > 0, 5_000, "the end of the connection's age");
    expect(problems.map(({ code }) => code)).toEqual(["websocket_connection_limit_reached"]);
  });
});

describe("cutwire serve", () => {
  const KEYS = ["key-of-the-first", "sk-proj-of-the-second"];

  it("accepts the given keys alone, tells what happens as JSON lines, and never prints a key", async () => {
    const { baseURL } = await serveEvents(...KEYS.flatMap((key) => ["--api-key", key]));
    for (const key of KEYS) expect((await dial(baseURL, key).ask({ input: "hello" })).status).toBe("completed");
    const stranger = dial(baseURL, "key-of-a-stranger");
    await waitUntil(() => stranger.problems.length > 0, 5_000, "the refusal");
    expect(stranger.problems[0]?.message).toContain("401");
    const finished = await command?.stop();
    const lines = finished?.stdout.trim().split("\n") ?? [];
    const events = lines.map((line) => JSON.parse(line) as { readonly kind: string; readonly apiKey?: string });
    expect(events.map(({ kind }) => kind).slice(0, 4)).toEqual([
      "listening",
      "connection-opened",
      "create-accepted",
      "response-completed",
    ]);
    const fingerprints = new Set(events.flatMap(({ apiKey }) => (apiKey === undefined ? [] : [apiKey])));
    expect([...fingerprints]).toEqual(
      Array.from({ length: 3 }, () => expect.stringMatching(/^key-[\da-f]{8}$/) as string),
    );
    expect(finished?.stderr).toContain(`export OPENAI_BASE_URL=${baseURL}\n# and OPENAI_API_KEY with a key`);
    for (const key of [...KEYS, "key-of-a-stranger"]) {
      expect(`${finished?.stdout}${finished?.stderr}`).not.toContain(key);
    }
  });

  it("gives each key its own conversation, and refuses keys without one", async () => {
    const greet = (text: string): unknown => ({ turns: [{ userText: "hello", script: { steps: [{ text }] } }] });
    place.write("script.json", { formatVersion: 1, conversations: { a: greet("to a"), b: greet("to b") } });
    const { baseURL } = await serve(["--script", "script.json"]);
    for (const key of ["a", "b"]) {
      const { output } = await dial(baseURL, key).ask({ input: "hello" });
      expect(output).toMatchObject([{ content: [{ text: `to ${key}` }] }]);
    }
    const stranger = dial(baseURL, "c");
    await waitUntil(() => stranger.problems.length > 0, 5_000, "the refusal");
    expect(stranger.problems[0]?.message).toContain("401");
  });

  it.each(["SIGINT", "SIGTERM"] as const)("closes every connection with 1001 and exits 0 on %s", async (signal) => {
    const { baseURL, controlUrl } = await serveScript();
    const { ask, closes } = dial(baseURL);
    await ask({ input: "hello" });
    expect(await command?.stop(signal)).toMatchObject({ code: 0, signal: null, stderr: "" });
    await waitUntil(() => closes.length > 0, 5_000, "the close");
    expect(closes).toEqual([1001]);
    await expect(fetch(`${controlUrl}/connections`)).rejects.toThrow("fetch failed");
    expect(place.strays()).toEqual([]);
  });

  it("shows a script and requests in its help that work", async () => {
    const { stdout: help } = await place.run(["serve", "--help"]);
    const script = /^ {2}script\.json: .*\n((?: {2}[{ }].*\n)+?) {2}Different/m.exec(help)?.[1] ?? "";
    place.write("script.json", script);
    const { baseURL, controlUrl } = await serve(["--script", "script.json"]);
    const { ask } = dial(baseURL, "KEY");
    const first = await ask({ input: "Book a seat, please." });
    expect(callsOf(first).map(({ name }) => name)).toEqual(["book_seat"]);
    expect((await ask(follow(first))).output).toMatchObject([{ content: [{ text: "It is booked." }] }]);
    const requests = curlsIn(help);
    expect(requests).toHaveLength(3);
    for (const { method, path, body } of requests) {
      const response = await fetch(`${controlUrl}${path}`, { method, ...(body === undefined ? {} : { body }) });
      expect({ path, ok: response.ok }).toEqual({ path, ok: true });
    }
  });
});

describe("cutwire serve that cannot start", () => {
  it.each([
    { args: ["--port", "65536"], says: ["--port 65536", "0 to 65535"] },
    { args: ["--control-port", "x"], says: ["--control-port x", "0 to 65535"] },
    { args: ["--limit", "lanes=1", "--limit", "atAgeCap"], says: ['"lanes=1", "atAgeCap"', "NAME=VALUE", "lanesMax"] },
    { args: ["--limit", "lanesMax=-1", "--limit", "atAgeCap=x"], says: ["lanesMax: ", "atAgeCap: "] },
    { args: ["--api-key", ""], says: ["--api-key: a key is expected"] },
    { args: ["--apikey=secret"], says: ["--apikey", "cutwire serve --help"] },
    { args: ["secret"], says: ["belongs to no option", "cutwire serve --help"] },
  ])("refuses $args", async ({ args, says }) => {
    const finished = await place.run(["serve", ...PORTS, ...args]);
    expect(missingInRefusal(finished, { code: "HARNESS_INVALID_OPTION", says })).toEqual([]);
    expect(finished.stderr).not.toContain("secret");
  });

  it("says everything that is wrong with a script at once, each with its path and without a key", async () => {
    const turns = [{ userText: "", script: { steps: [{ calls: [{ operation: "a b" }] }, { text: "x", deltas: 0 }] } }];
    place.write("script.json", {
      formatVersion: 1,
      conversations: { "sk-secret.a": { turns: [] }, "sk-secret": { turns } },
      anyKey: { turns, more: true },
    });
    const finished = await place.run(["serve", ...PORTS, "--script", "script.json"]);
    const says = [
      "script.json is not a script that can be played; 8 problems:\n",
      "  conversations.(key 1).turns: ",
      "  conversations.(key 2).turns.0.userText: ",
      "  conversations.(key 2).turns.0.script.steps.0.calls.0.operation: ",
      "  conversations.(key 2).turns.0.script.steps.1.deltas: ",
      "  anyKey.turns.0.userText: ",
      "  anyKey.turns.0.script.steps.0.calls.0.operation: ",
      "  anyKey.turns.0.script.steps.1.deltas: ",
      '  anyKey: Unrecognized key: "more"',
    ];
    expect(missingInRefusal(finished, { code: "HARNESS_INVALID_SCRIPT", says })).toEqual([]);
    expect(finished.stderr).not.toContain("secret");
  });

  it.each([
    { name: "absent.json", content: undefined, says: ["absent.json", "no such file"] },
    { name: "cut.json", content: '{ "formatVersion": 1,\n', says: ["cut.json:2:1 is not JSON", "serve --help"] },
    {
      name: "odd.json",
      content: '{ "conversations": {\n "sk-secret": }}',
      says: ["odd.json:2:15 is not JSON", "serve --help"],
    },
    { name: "next.json", content: '{ "formatVersion": 2 }', says: ["next.json has format version 2"] },
  ])("says what is wrong with $name", async ({ name, content, says }) => {
    if (content !== undefined) place.write(name, content);
    const finished = await place.run(["serve", ...PORTS, "--script", name]);
    expect(missingInRefusal(finished, { code: "HARNESS_UNREADABLE_FILE", says })).toEqual([]);
    expect(finished.stderr).not.toContain("secret");
  });

  it("refuses a key that the script knows nothing of, by its place", async () => {
    place.write("script.json", { formatVersion: 1, conversations: { a: SCRIPT } });
    const args = ["--script", "script.json", "--api-key", "a", "--api-key", "sk-secret"];
    const finished = await place.run(["serve", ...PORTS, ...args]);
    const says = ["script.json has no conversation for --api-key number 2"];
    expect(missingInRefusal(finished, { code: "HARNESS_INVALID_OPTION", says })).toEqual([]);
    expect(finished.stderr).not.toContain("secret");
  });

  it.each([
    { option: "--port", other: "--control-port" },
    { option: "--control-port", other: "--port" },
  ])("names the port that is in use by somebody else: $option", async ({ option, other }) => {
    const { server, port } = await takePort();
    const finished = await place.run(["serve", option, String(port), other, "0"]);
    const says = [`127.0.0.1:${port}`, "Choose another port"];
    expect(missingInRefusal(finished, { code: "HARNESS_PORT_IN_USE", says })).toEqual([]);
    server.close();
  });
});
