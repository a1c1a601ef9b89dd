import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { createRandom } from "../../determinism/random.ts";
import { openMemoryRecorder } from "../../history/memory-recorder.test-support.ts";
import type { ScheduledFault } from "../../plan/fault.ts";
import type { SessionScript } from "../../protocol/model-script.ts";
import { createEventLog, openControlApi, openResponsesServer, type ServerEvent } from "../../responses-server/index.ts";
import { clock, until } from "../../tcp-proxy/loopback.test-support.ts";
import { openTcpProxyServer } from "../../tcp-proxy/tcp-proxy-server.ts";
import { createAnchorRegistry } from "../anchor-registry.ts";
import type { BackendContext } from "../backend.ts";
import { openTapServer } from "../relay/tap-server.ts";
import { createResources, type Resources } from "../resources.ts";
import type { OpenedTarget, Target } from "../target.ts";
import type { ExternalPlace } from "../external-place.ts";
import { createExternalBackend } from "./external.ts";

const script: SessionScript = { turns: [{ userText: "hello", script: { steps: [{ text: "good day" }] } }] };
const reference: Target = {
  name: "reference",
  isScripted: true,
  open: async () => await Promise.reject(new Error("the server is elsewhere")),
};

let resources: Resources;
afterEach(async () => await resources.close());

/** A Toxiproxy (ours, which speaks its API), a reference server and a tap, as somebody else would run them. */
async function openPlace(listenPorts: readonly number[] = [0, 0]): Promise<ExternalPlace & { toxiproxyUrl: string }> {
  resources = createResources();
  const events = createEventLog<ServerEvent>();
  const server = await openResponsesServer({ clock, scriptOf: () => undefined, onEvent: events.record });
  resources.add(async () => await server.close());
  const control = await openControlApi({ clock, control: server.control, events });
  resources.add(async () => await control.close());
  const toxiproxy = await openTcpProxyServer({
    port: 0,
    clock,
    seed: 1,
    config: [{ name: "somebody-elses", listen: "127.0.0.1:0", upstream: "127.0.0.1:1", enabled: false }],
  });
  resources.add(async () => await toxiproxy.close());
  const tap = await openTapServer({
    listen: ["127.0.0.1:0"],
    upstream: `127.0.0.1:${server.port}`,
    control: { host: "127.0.0.1", port: 0 },
    clock,
  });
  resources.add(async () => await tap.close());
  return {
    toxiproxyUrl: toxiproxy.apiUrl,
    listenPorts,
    upstream: { host: "127.0.0.1", port: Number(tap.listen[0]?.split(":")[1]) },
    tapUrl: tap.controlUrl,
    controlUrl: control.url,
  };
}

function contextOf(target: OpenedTarget, memory: ReturnType<typeof openMemoryRecorder>): BackendContext {
  return {
    sessionCount: 1,
    upstream: target,
    recorder: memory.recorder,
    anchors: createAnchorRegistry(),
    clock,
    random: createRandom(1),
    bytesMax: 1_000_000,
    onFull: () => undefined,
  };
}

/** Has one turn over a wire and answers the types of the events. */
async function talk(baseUrl: string, apiKey: string): Promise<readonly string[]> {
  const types: string[] = [];
  const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/responses`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  socket.on("message", (data: Buffer) => types.push(String((JSON.parse(data.toString()) as { type: string }).type)));
  socket.once("open", () => socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hello" })));
  await until("the answer", () => types.includes("response.completed"));
  socket.close(1000);
  await until("the close", () => socket.readyState === WebSocket.CLOSED);
  return types;
}

/** Any free port of loopback, for a Toxiproxy that wants to know it beforehand. */
async function freePort(): Promise<number> {
  const taken = await openTapServer({
    listen: ["127.0.0.1:0"],
    upstream: "x:1",
    control: { host: "127.0.0.1", port: 0 },
    clock,
  });
  await taken.close();
  return Number(taken.listen[0]?.split(":")[1]);
}

describe("a Toxiproxy that somebody else runs", () => {
  it("gets proxies of ours for the run, and is left as it was found", async () => {
    const place = await openPlace([await freePort()]);
    const proxies = async (): Promise<string> => await (await fetch(`${place.toxiproxyUrl}/proxies`)).text();
    const before = await proxies();
    const backend = createExternalBackend(place);
    const memory = openMemoryRecorder(clock);
    const scripts = new Map([["cutwire-0", script]]);
    const target = await backend.targetOf?.(reference).open({ scripts, clock, recorder: memory.recorder });
    if (target === undefined) throw new TypeError("no target");
    const apiKey = target.apiKeyOf?.(0) ?? "";
    expect(apiKey).toMatch(/^cutwire-0-\w+$/);
    const opened = await backend.open(contextOf(target, memory));
    expect(await proxies()).not.toBe(before);
    const types = await talk(opened.wires[0]?.baseUrl ?? "", apiKey);
    expect(types.at(0)).toBe("response.created");
    await opened.close();
    await target.close();
    expect(await proxies()).toBe(before);
    const seen = memory.recorder.events();
    const told = seen.flatMap((event) => (event.kind === "target-event" && event.session === 0 ? [event.name] : []));
    expect(told).toEqual(["connection-opened", "create-accepted", "response-completed", "connection-closed"]);
    const faces = new Set(seen.map(({ source }) => source));
    expect([...faces].toSorted()).toEqual(["client-face", "server-face", "target"]);
    // The conversation was taken back with the run.
    const socket = new WebSocket(`ws://127.0.0.1:${place.upstream.port}/v1/responses`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    let status: number | undefined;
    socket.on("unexpected-response", (_request, response) => void (status = response.statusCode));
    socket.on("error", () => undefined);
    await until("the refusal", () => status !== undefined);
    expect(status).toBe(401);
  });

  it("refuses by name what it cannot do where and until when it is asked for", async () => {
    const place = await openPlace();
    const fault: ScheduledFault = {
      id: "f",
      fault: { kind: "cut", mode: "fin" },
      when: { place: { session: 0 }, at: { kind: "point", point: "P6", occurrence: 1 } },
      heal: { kind: "on-close" },
    };
    const { tapUrl: _, ...blind } = place;
    expect(createExternalBackend(place).refusal?.(fault)).toBeUndefined();
    expect(createExternalBackend(blind).refusal?.(fault)).toBe("P6 needs the server's face, and there is no tap");
    const atTool: ScheduledFault = {
      ...fault,
      when: { ...fault.when, at: { kind: "point", point: "P8", occurrence: 1 } },
    };
    expect(createExternalBackend(blind).refusal?.(atTool)).toBeUndefined();
    const healing: ScheduledFault = {
      ...fault,
      fault: { kind: "cut", mode: "blackhole" },
      heal: { kind: "after", delayMs: 10 },
    };
    expect(createExternalBackend(place).refusal?.(healing)).toContain("never heals");
  });

  it("says what it has to be told, and what does not answer", async () => {
    const place = await openPlace();
    const memory = openMemoryRecorder(clock);
    const target: OpenedTarget = { host: "127.0.0.1", port: 1, close: async () => undefined };
    const context = contextOf(target, memory);
    await expect(createExternalBackend(undefined).open(context)).rejects.toMatchObject({
      code: "HARNESS_INVALID_OPTION",
    });
    const gone = { ...place, tapUrl: "http://127.0.0.1:1" };
    await expect(createExternalBackend(gone).open(context)).rejects.toMatchObject({
      code: "HARNESS_BACKEND_UNAVAILABLE",
      message: expect.stringContaining("cutwire tap") as string,
    });
    const unreachable = createExternalBackend({ ...place, toxiproxyUrl: "http://127.0.0.1:1" });
    await expect(unreachable.open(context)).rejects.toMatchObject({ code: "HARNESS_BACKEND_UNAVAILABLE" });
    expect(await (await fetch(`${place.toxiproxyUrl}/proxies`)).text()).not.toContain("cutwire-");
  });
});
