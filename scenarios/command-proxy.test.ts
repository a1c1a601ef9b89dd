import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

import { Toxiproxy } from "toxiproxy-node-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openWorkplace, waitUntil, type Workplace } from "./cutwire-command.test-support.ts";
import {
  curlsIn,
  missingInRefusal,
  type ListeningCommand,
  startListening,
  takePort,
} from "./listening-command.test-support.ts";

const LISTENS = /^A fault proxy with Toxiproxy's API listens on (http:\S+) \(seed (-?\d+), (\d+) prox(?:y|ies)\)\n$/;

let place: Workplace;
let echo: Server;
let upstream: string;
let command: ListeningCommand | undefined;
const sockets: Socket[] = [];

beforeEach(async () => {
  place = openWorkplace();
  const taken = await takeEcho();
  echo = taken.server;
  upstream = taken.address;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await command?.stop();
  command = undefined;
  echo.close();
  await place.expectNothingLeft();
  place.remove();
});

async function takeEcho(): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, address: `127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}` };
}

async function startProxy(...args: string[]): Promise<{ readonly url: string; readonly toxiproxy: Toxiproxy }> {
  command = await startListening(place, ["proxy", ...args], LISTENS);
  const [url = ""] = command.found;
  return { url, toxiproxy: new Toxiproxy(url) };
}

type Wire = { readonly socket: Socket; text(): string; readonly isEnded: () => boolean };

async function dial(address: string): Promise<Wire> {
  const [host = "", port = ""] = address.split(":");
  const socket = connect(Number(port), host);
  sockets.push(socket);
  let text = "";
  let isEnded = false;
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("end", () => (isEnded = true)).on("error", () => (isEnded = true));
  await once(socket, "connect");
  return { socket, text: () => text, isEnded: () => isEnded };
}

describe("cutwire proxy", () => {
  it("is driven by toxiproxy-node-client as a toxiproxy-server is", async () => {
    const { toxiproxy } = await startProxy("--port", "0");
    expect(await toxiproxy.getVersion()).toBe('{"version": "2.12.0"}\n');
    const proxy = await toxiproxy.createProxy({ name: "wire", listen: "127.0.0.1:0", upstream });
    const wire = await dial(proxy.listen);
    wire.socket.write("through");
    await waitUntil(() => wire.text() === "through", 3_000, "the echo");

    const body = { name: "slow", type: "latency", stream: "downstream", toxicity: 1 } as const;
    const toxic = await proxy.addToxic({ ...body, attributes: { latency: 300, jitter: 0 } });
    const startedMs = performance.now();
    wire.socket.write(", late");
    await waitUntil(() => wire.text() === "through, late", 3_000, "the late echo");
    expect(performance.now() - startedMs).toBeGreaterThan(250);
    await toxic.remove();

    const cut = { name: "cut", type: "limit_data", stream: "downstream", toxicity: 1 } as const;
    await proxy.addToxic({ ...cut, attributes: { bytes: 2 } });
    wire.socket.write(", cut");
    await waitUntil(wire.isEnded, 3_000, "the end");
    expect(wire.text()).toBe("through, late, ");

    await proxy.update({ enabled: false, listen: proxy.listen, upstream });
    await expect(dial(proxy.listen)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await toxiproxy.reset();
    const again = await dial(proxy.listen);
    again.socket.write("whole again");
    await waitUntil(() => again.text() === "whole again", 3_000, "the echo after the reset");
    await (await toxiproxy.get("wire")).remove();
    expect(await toxiproxy.getAll()).toEqual({});
    await waitUntil(again.isEnded, 3_000, "the end of what the proxy carried");
  });

  it("takes the command line and the config file of a toxiproxy-server", async () => {
    place.write("proxies.json", [
      { name: "first", listen: "127.0.0.1:0", upstream, enabled: true },
      { Name: "second", UPSTREAM: upstream, listen: null, enabled: false, toxics: [] },
    ]);
    const args = ["-host", "localhost", "-port=0", "-config", "proxies.json", "-seed", "-5", "-proxy-metrics"];
    const { url, toxiproxy } = await startProxy(...args);
    expect(command?.found.slice(1)).toEqual(["-5", "2"]);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const all = await toxiproxy.getAll();
    expect(Object.values(all).map(({ name, enabled }) => ({ name, enabled }))).toEqual([
      { name: "first", enabled: true },
      { name: "second", enabled: false },
    ]);
    const wire = await dial(all["first"]?.listen ?? "");
    wire.socket.end("metered");
    await waitUntil(wire.isEnded, 3_000, "the end");
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^toxiproxy_proxy_received_bytes_total\{direction="upstream".*proxy="first".*\} 7$/m);
    expect(metrics).not.toContain("process_");
  });

  it.each([
    { args: [], answers: { status: 404, tells: [] } },
    { args: ["-proxy-metrics=true", "--proxy-metrics=F"], answers: { status: 404, tells: [] } },
    { args: ["--runtime-metrics"], answers: { status: 200, tells: ["process_cpu_seconds_total"] } },
  ])("answers a request for metrics with $answers.status where it is given $args", async ({ args, answers }) => {
    const { url } = await startProxy("--port", "0", ...args);
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    expect({ status: response.status, tells: answers.tells.filter((name) => text.includes(name)) }).toEqual(answers);
  });

  it("draws the same with the same seed, and prints the seed that it drew itself", async () => {
    const drawsOf = async (...args: string[]): Promise<{ readonly id: string | null; readonly seed: string }> => {
      const { url } = await startProxy("--port", "0", ...args);
      const id = (await fetch(`${url}/version`)).headers.get("x-toxiproxy-request-id");
      const seed = command?.found[1] ?? "";
      await command?.stop();
      return { id, seed };
    };
    const first = await drawsOf();
    const second = await drawsOf();
    expect(second.id).not.toBe(first.id);
    expect(await drawsOf("--seed", first.seed)).toEqual(first);
  });

  it("refuses browsers", async () => {
    const { url } = await startProxy("--port", "0");
    expect((await fetch(`${url}/proxies`, { headers: { "user-agent": "Mozilla/5.0" } })).status).toBe(403);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("closes everything and exits 0 on %s", async (signal) => {
    const { url, toxiproxy } = await startProxy("--port", "0");
    const proxy = await toxiproxy.createProxy({ name: "wire", listen: "127.0.0.1:0", upstream });
    const wire = await dial(proxy.listen);
    const finished = await command?.stop(signal);
    expect(finished).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(finished?.stdout).toMatch(LISTENS);
    expect(place.strays()).toEqual([]);
    await waitUntil(wire.isEnded, 3_000, "the end of the connection");
    for (const address of [proxy.listen, new URL(url).host]) {
      await expect(dial(address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  it("shows requests in its help that work", async () => {
    const { stdout: help, code } = await place.run(["proxy", "-h"]);
    expect(code).toBe(0);
    const config = /^ {2}proxies\.json +(\[.*\])$/m.exec(help)?.[1] ?? "";
    place.write("proxies.json", config.replace("9000", "0").replace("127.0.0.1:3000", upstream));
    const { url } = await startProxy("--port", "0", "--config", "proxies.json");
    const requests = curlsIn(help);
    expect(requests).toHaveLength(3);
    for (const { method, path, body } of requests) {
      const response = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body }) });
      expect({ path, ok: response.ok }).toEqual({ path, ok: true });
    }
  });
});

describe("cutwire proxy that cannot start", () => {
  it.each([
    { args: ["--port", "70000"], says: ["--port 70000", "0 to 65535"] },
    { args: ["-port", "-1"], says: ["--port -1", "0 to 65535"] },
    { args: ["--seed", "luck"], says: ["--seed luck", "a whole number"] },
    { args: ["-proxy-metrics=perhaps"], says: ["--proxy-metrics=perhaps", "true or false"] },
    { args: ["-prot", "8474"], says: ["--prot", "cutwire proxy --help"] },
    { args: ["--port"], says: ["--port", "cutwire proxy --help"] },
    { args: ["8474"], says: ['"8474" is no option', "cutwire proxy --help"] },
  ])("refuses $args", async ({ args, says }) => {
    const finished = await place.run(["proxy", ...args]);
    expect(missingInRefusal(finished, { code: "HARNESS_INVALID_OPTION", says })).toEqual([]);
  });

  it.each([
    { name: "absent.json", content: undefined, says: ["absent.json", "no such file"] },
    { name: "cut.json", content: '[\n  { "name": "a",\n', says: ["cut.json:3:1 is not JSON", "list of proxies"] },
    { name: "odd.json", content: '[\n  { "name": oops }\n]', says: ["odd.json:2:13 is not JSON"] },
  ])("says what is wrong with $name", async ({ name, content, says }) => {
    if (content !== undefined) place.write(name, content);
    const finished = await place.run(["proxy", "--port", "0", "--config", name]);
    expect(missingInRefusal(finished, { code: "HARNESS_UNREADABLE_FILE", says })).toEqual([]);
  });

  it("says everything that is wrong with the proxies of a config at once, each with its path", async () => {
    place.write("proxies.json", [
      { name: "", upstream: "nowhere" },
      { listen: "127.0.0.1:99999", upstream, enabled: "yes" },
      "third",
    ]);
    const says = [
      "proxies.json is not a list of proxies; 6 problems:\n",
      "  [0].name: has to have a text\n",
      "  [0].upstream: address nowhere: missing port in address",
      "  [1].name: is missing\n",
      "  [1].listen: address 99999: invalid port",
      "  [1].enabled: ",
      "  [2]: ",
    ];
    const finished = await place.run(["proxy", "--port", "0", "--config", "proxies.json"]);
    expect(missingInRefusal(finished, { code: "HARNESS_INVALID_OPTION", says })).toEqual([]);
  });

  it("names the port that is in use: its own, and that of a proxy in its config", async () => {
    const { server, port } = await takePort();
    const own = await place.run(["proxy", "--port", String(port)]);
    const says = [`127.0.0.1:${port}`, "choose another port"];
    expect(missingInRefusal(own, { code: "HARNESS_PORT_IN_USE", says })).toEqual([]);
    place.write("proxies.json", [{ name: "wire", listen: `127.0.0.1:${port}`, upstream }]);
    const first = await place.run(["proxy", "--port", "0", "--config", "proxies.json"]);
    const saysToo = ["proxies.json: ", `127.0.0.1:${port}: bind: address already in use`];
    expect(missingInRefusal(first, { code: "HARNESS_INVALID_OPTION", says: saysToo })).toEqual([]);
    server.close();
  });
});
