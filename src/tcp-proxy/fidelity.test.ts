import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createRandom } from "../determinism/random.ts";
import { type ApiAnswer, sendToApi } from "./api-request.test-support.ts";
import {
  clock,
  dialAddress,
  IS_REAL,
  openTestBed,
  openUpstream,
  type TestBed,
  until,
} from "./loopback.test-support.ts";
import { openTcpProxyServer } from "./tcp-proxy-server.ts";

/** A request, its body, and its headers. */
type Step = readonly [line: string, body?: unknown, headers?: Record<string, string>];

const NOWHERE = "127.0.0.1:1";
const TOXIC_TYPES = [
  ["latency", { latency: 10, jitter: 1 }],
  ["bandwidth", { rate: 7 }],
  ["slow_close", { delay: 3 }],
  ["timeout", { timeout: 4 }],
  ["reset_peer", { timeout: 5 }],
  ["slicer", { average_size: 6, size_variation: 1, delay: 2 }],
  ["limit_data", { bytes: 8 }],
  ["noop", {}],
] as const;

/** Every call of the API, those that succeed and those that are refused. */
const STEPS: readonly Step[] = [
  ["GET /version"],
  ["GET /proxies"],
  ["POST /proxies", { name: "a", listen: "127.0.0.1:0", upstream: NOWHERE }],
  ["POST /proxies", { name: "a", listen: "127.0.0.1:0", upstream: NOWHERE }],
  ["POST /proxies", { name: "off", listen: "127.0.0.1:2", upstream: NOWHERE, enabled: false }],
  ["POST /proxies", { name: "b" }],
  ["POST /proxies", "{"],
  ["POST /proxies", { name: "c", upstream: NOWHERE, listen: "nowhere" }],
  ["GET /proxies/a"],
  ["GET /proxies/none"],
  ["POST /proxies/off", { upstream: "127.0.0.1:3" }],
  ["PATCH /proxies/off", { listen: "127.0.0.1:4" }],
  ["PATCH /proxies/off", { enabled: "yes" }],
  ["PATCH /proxies/none", {}],
  ...TOXIC_TYPES.flatMap(([type, attributes]): readonly Step[] => [
    ["POST /proxies/a/toxics", { type }],
    ["POST /proxies/a/toxics", { type }],
    ["POST /proxies/a/toxics", { name: type, type, stream: "upstream", toxicity: 0.25, attributes }],
    [`GET /proxies/a/toxics/${type}`],
    [`POST /proxies/a/toxics/${type}`, { attributes }],
    [`PATCH /proxies/a/toxics/${type}`, { toxicity: 0.5, attributes: { latency: 1, rate: 1, delay: 1, bytes: 1 } }],
    [`PATCH /proxies/a/toxics/${type}`, { toxicity: "much" }],
    [
      `PATCH /proxies/a/toxics/${type}`,
      { attributes: { latency: "1", rate: "1", delay: "1", bytes: "1", timeout: "1" } },
    ],
  ]),
  ["GET /proxies/a/toxics"],
  ["GET /proxies/none/toxics"],
  ["GET /proxies/a/toxics/none"],
  ["POST /proxies/a/toxics", { type: "nothing" }],
  ["POST /proxies/a/toxics", { type: "noop", stream: "sideways" }],
  ["DELETE /proxies/a/toxics/latency"],
  ["DELETE /proxies/a/toxics/latency"],
  ["POST /populate", [{ name: "p", listen: "127.0.0.1:0", upstream: NOWHERE }]],
  ["POST /populate", [{ name: "off", listen: "127.0.0.1:4", upstream: "127.0.0.1:3", enabled: false }]],
  ["POST /populate", [{ name: "q" }]],
  ["POST /populate", { name: "q" }],
  ["GET /proxies"],
  // Both listen on this host.
  ["PATCH /proxies/off", { listen: "127.0.0.1:0" }],
  ["POST /reset"],
  ["GET /proxies/a/toxics"],
  ["DELETE /proxies/a"],
  ["DELETE /proxies/a"],
  ["GET /version", undefined, { "User-Agent": "Mozilla/5.0" }],
  ["GET /metrics"],
  ["GET /"],
  ["GET /proxies/"],
  ["GET /proxies?all=1"],
  ["DELETE /proxies"],
  ["PUT /proxies/p"],
  ["OPTIONS /version"],
  ["HEAD /proxies"],
];

/** Ports that were drawn, ids and the date are different each time. Node says that it keeps connections alive. */
function comparable({ status, headers, body }: ApiAnswer): object {
  const { date: _date, connection: _connection, "keep-alive": _keepAlive, ...told } = headers;
  const id = told["x-toxiproxy-request-id"];
  const ids = id === undefined ? {} : { "x-toxiproxy-request-id": /^[0-9a-v]{20}$/.test(String(id)) };
  return {
    status,
    body: body.replaceAll(/127\.0\.0\.1:\d{5}/g, "127.0.0.1:PORT"),
    headers: { ...told, ...ids, "content-length": 0 },
  };
}

describe.skipIf(!IS_REAL)("the API of ours and of the real Toxiproxy", () => {
  it("answers every call alike: status, body, error, headers", async () => {
    const ours = await openTcpProxyServer({ port: 0, clock, random: createRandom(1) });
    const bed = await openTestBed();
    await bed.proxy.remove();
    try {
      for (const [line, body, headers] of STEPS) {
        const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
        const more = { body: text, ...(headers === undefined ? {} : { headers }) };
        const [own, real] = [await sendToApi(ours.apiUrl, line, more), await sendToApi(bed.server.apiUrl, line, more)];
        expect({ line, text, ...comparable(own) }).toStrictEqual({ line, text, ...comparable(real) });
      }
    } finally {
      await ours.close();
      await bed.close();
    }
  });
});

describe("many connections and many bytes", () => {
  const CONNECTIONS = 1_000;
  const BIG_SIZE_BYTES = 64 * 1024 * 1024;
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => await bed.close());

  it(`carries ${CONNECTIONS} connections at once, each with its own bytes`, async () => {
    const echo = await openUpstream((socket) => socket.pipe(socket));
    const proxy = await bed.toxiproxy.createProxy({ name: "echo", listen: "127.0.0.1:0", upstream: echo.address });
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, index) => ({
        text: `${index};`.repeat(200),
        client: await dialAddress(proxy.listen),
      })),
    );
    for (const { client, text } of clients) client.write(text);
    for (const { client, text } of clients) {
      await until("every echo", () => client.sizeBytes === text.length);
      expect(client.text()).toBe(text);
      client.socket.destroy();
    }
    await echo.close();
  });

  it.each([
    ["no toxic", undefined],
    ["a slicer", ["slicer", { average_size: 60_000, size_variation: 1_000, delay: 0 }]],
    ["latency", ["latency", { latency: 5, jitter: 0 }]],
  ] as const)(`carries ${BIG_SIZE_BYTES / 2 ** 20} MiB through %s, byte for byte`, async (_name, toxic) => {
    const { client, server } = await bed.connect();
    if (toxic !== undefined) await bed.addToxic(toxic[0], toxic[1], { stream: "upstream" });
    const bytes = Buffer.alloc(BIG_SIZE_BYTES);
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(at, at);
    client.socket.end(bytes);
    let before = -1;
    while (!server.hasEnded && server.sizeBytes > before) {
      before = server.sizeBytes;
      await until("more bytes", () => server.hasEnded || server.sizeBytes > before);
    }
    await server.seesEnd();
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true);
  });
});
