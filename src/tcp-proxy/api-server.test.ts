import { connect, createServer } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../determinism/random.ts";
import {
  clock,
  IS_REAL,
  listen,
  openTestBed,
  openUpstream,
  TestSocket,
  until,
  type TestBed,
} from "./loopback.test-support.ts";
import { type ApiAnswer, sendToApi } from "./api-request.test-support.ts";
import { openTcpProxyServer } from "./tcp-proxy-server.ts";
import { TOXIC_TYPES } from "./toxic-registry.ts";

/** What is asked, and what the answer is: status and error. */
type Refusal = readonly [line: string, body: string | undefined, status: number, error: string];

const REFUSALS: readonly Refusal[] = [
  ["POST /proxies", "{}", 400, "missing required field: name"],
  ["POST /proxies", '{"name":"x"}', 400, "missing required field: upstream"],
  ["POST /proxies", '{"name":"wire","upstream":"x:1","listen":"nonsense"}', 409, "proxy already exists"],
  [
    "POST /proxies",
    '{"name":"x","upstream":"x:1","listen":"foo"}',
    500,
    "listen tcp: address foo: missing port in address",
  ],
  [
    "POST /proxies",
    '{"name":"x","upstream":"x:1","listen":"127.0.0.1:99999"}',
    500,
    "listen tcp: address 99999: invalid port",
  ],
  [
    "POST /proxies",
    '{"name":"x","upstream":"x:1","listen":"a:b:c"}',
    500,
    "listen tcp: address a:b:c: too many colons in address",
  ],
  ["PATCH /proxies/none", "{", 404, "proxy not found"],
  ["PATCH /proxies/wire", '{"listen":"foo"}', 500, "address foo: missing port in address"],
  ["DELETE /proxies/none", "", 404, "proxy not found"],
  ["GET /proxies/none/toxics/none", undefined, 404, "proxy not found"],
  ["GET /proxies/wire/toxics/none", undefined, 404, "toxic not found"],
  ["PATCH /proxies/wire/toxics/none", "{", 404, "toxic not found"],
  ["DELETE /proxies/wire/toxics/none", "", 404, "toxic not found"],
  ["POST /proxies/wire/toxics", "{}", 400, "invalid toxic type"],
  ["POST /proxies/wire/toxics", '{"type":"down"}', 400, "invalid toxic type"],
  [
    "POST /proxies/wire/toxics",
    '{"type":"x","stream":"sideways"}',
    400,
    "stream was invalid, can be either upstream or downstream",
  ],
  [
    "POST /proxies/wire/toxics",
    '{"type":"latency","attributes":{"latency":1.5}}',
    400,
    "bad request body: json: cannot unmarshal number 1.5 into Go struct field LatencyToxic.attributes.latency of type int64",
  ],
  [
    "POST /proxies/wire/toxics",
    '{"type":"slicer","attributes":{"delay":"1"}}',
    400,
    "bad request body: json: cannot unmarshal string into Go struct field SlicerToxic.attributes.delay of type int",
  ],
  [
    "POST /proxies/wire/toxics",
    '{"type":"reset_peer","attributes":{"timeout":9223372036854775808}}',
    400,
    "bad request body: json: cannot unmarshal number 9223372036854775808 into Go struct field ResetToxic.attributes.timeout of type int64",
  ],
  [
    "POST /proxies/wire/toxics",
    '{"type":"cutwire_stall","attributes":{"connection":-1}}',
    400,
    "bad request body: attribute connection of cutwire_stall must be 0 to 9007199254740991, not -1",
  ],
  [
    "POST /proxies/wire/toxics",
    '{"type":"cutwire_corrupt","attributes":{"mask":256}}',
    400,
    "bad request body: attribute mask of cutwire_corrupt must be 1 to 255, not 256",
  ],
  [
    "POST /proxies/wire/toxics",
    '{"toxicity":1e39}',
    400,
    "bad request body: json: cannot unmarshal number 1e39 into Go struct field ToxicWrapper.toxicity of type float32",
  ],
];

/** The same is asked of the real Toxiproxy 2.12.0, but what is only ours. */
describe("the HTTP API", () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await openTestBed();
  });
  afterEach(async () => {
    await bed.close();
  });

  async function ask(line: string, body?: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return await sendToApi(bed.server.apiUrl, line, { body, headers });
  }

  it.each([
    ["", "EOF"],
    [" \n", "EOF"],
    ["{", "unexpected EOF"],
    ['{"a":1,', "unexpected EOF"],
    ["nul", "unexpected EOF"],
    ["nulx", "invalid character 'x' in literal null (expecting 'l')"],
    ["{a}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1e+x", "invalid character 'x' in exponent of numeric literal"],
    ["-x", "invalid character 'x' in numeric literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ["é", "invalid character 'Ã' looking for beginning of value"],
    ["[]", "json: cannot unmarshal array into Go value of type toxiproxy.Proxy"],
    ['{"name":1}', "json: cannot unmarshal number into Go struct field Proxy.name of type string"],
    ['{"enabled":"no"}', "json: cannot unmarshal string into Go struct field Proxy.enabled of type bool"],
  ])("refuses the body %j as bad: %s", async (body, why) => {
    const answer = await ask("POST /proxies", body);
    expect(answer.status).toBe(400);
    expect(answer.body).toBe(`${JSON.stringify({ error: `bad request body: ${why}`, status: 400 })}\n`);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  });

  it.each(REFUSALS.filter(([, body]) => !(IS_REAL && body?.includes("cutwire_"))))(
    "%s %s is refused with %i: %s",
    async (...[line, body, status, error]) => {
      const answer = await ask(line, body);
      expect([answer.status, JSON.parse(answer.body)]).toStrictEqual([status, { error, status }]);
    },
  );

  it("prints proxies and toxics member by member as the real one does", async () => {
    await ask("PATCH /proxies/wire", '{"enabled":false,"listen":"127.0.0.1:1","upstream":"<a>&:1"}');
    const body = '{"type":"latency","toxicity":0.1,"stream":"UpStream","attributes":{"Jitter":9223372036854775807}}';
    const toxic =
      '{"attributes":{"latency":0,"jitter":9223372036854775807},"name":"latency_UpStream","type":"latency","stream":"UpStream","toxicity":0.1}';
    expect((await ask("POST /proxies/wire/toxics", body)).body).toBe(toxic);
    const proxy = `{"name":"wire","listen":"127.0.0.1:1","upstream":"\\u003ca\\u003e\\u0026:1","enabled":false,"Logger":{},"toxics":[${toxic}]}`;
    expect((await ask("GET /proxies/wire")).body).toBe(proxy);
    expect((await ask("GET /proxies")).body).toBe(`{"wire":${proxy}}`);
    expect((await ask("GET /proxies/wire/toxics")).body).toBe(`[${toxic}]`);
    expect((await ask("GET /proxies/wire/toxics/latency_UpStream")).body).toBe(toxic);
  });

  it("lists toxics of upstream before those of downstream, and proxies by name", async () => {
    for (const [name, stream] of [
      ["d", "downstream"],
      ["u", "upstream"],
    ]) {
      await ask("POST /proxies/wire/toxics", JSON.stringify({ name, stream, type: "noop" }));
    }
    const toxics = JSON.parse((await ask("GET /proxies/wire/toxics")).body) as { name: string }[];
    expect(toxics.map(({ name }) => name)).toStrictEqual(["u", "d"]);
    for (const name of ["7", "12", "__proto__", "Wire"]) {
      await ask("POST /proxies", JSON.stringify({ name, upstream: "x:1", enabled: false }));
    }
    const { body } = await ask("GET /proxies");
    expect(body.match(/"name":"[^"]+","listen/g)?.map((text) => text.slice(8, -9))).toStrictEqual([
      "12",
      "7",
      "Wire",
      "__proto__",
      "wire",
    ]);
  });

  it("refuses a second toxic of the same name on either stream", async () => {
    await ask("POST /proxies/wire/toxics", '{"name":"one","type":"noop"}');
    const again = await ask("POST /proxies/wire/toxics", '{"name":"one","type":"noop","stream":"upstream"}');
    expect([again.status, again.body]).toStrictEqual([409, '{"error":"toxic already exists","status":409}\n']);
  });

  it("answers populate with what stands, even where it stopped", async () => {
    const stops = '[{"name":"a","upstream":"x:1","enabled":false},{"name":"b","upstream":"x:1","listen":"foo"}]';
    const answer = await ask("POST /populate", stops);
    expect(answer.status).toBe(500);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.body).toBe(
      '{"error":"listen tcp: address foo: missing port in address","status":500,"proxies":[{"name":"a","listen":"","upstream":"x:1","enabled":false,"Logger":{},"toxics":[]}]}',
    );
    expect((await ask("POST /populate", '[{"name":"c"}]')).body).toBe(
      '{"error":"missing required field: upstream at proxy 1","status":400,"proxies":null}',
    );
    expect((await ask("POST /populate", "[]")).body).toBe('{"proxies":null}');
  });

  it("gives every handled request an id, and refuses browsers", async () => {
    const answer = await ask("GET /version");
    expect(answer.headers["x-toxiproxy-request-id"]).toMatch(/^[0-9a-v]{20}$/);
    expect(answer.body).toBe('{"version": "2.12.0"}\n');
    const browser = await ask("GET /version", undefined, { "User-Agent": "Mozilla/5.0 (X11)" });
    expect([browser.status, browser.body]).toStrictEqual([403, "User agent not allowed\n"]);
  });

  it.each([
    ["GET /nothing", 404, "404 page not found\n"],
    ["GET /proxies/", 404, "404 page not found\n"],
    ["GET /metrics", 404, "404 page not found\n"],
    ["GET /proxies/a%2Fb", 404, "404 page not found\n"],
    ["PUT /proxies/wire", 405, ""],
    ["GET /reset", 405, ""],
    ["HEAD /version", 405, ""],
    ["GET //proxies", 301, ""],
    ["GET /proxies/%zz", 400, "400 Bad Request"],
  ])("%s → %i", async (line, status, body) => {
    const answer = await ask(line);
    expect([answer.status, answer.body]).toStrictEqual([status, body]);
  });

  it("takes names with odd characters, and finds them again", async () => {
    const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((name) => isOnePart(name));
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const body = JSON.stringify({ name, upstream: "x:1", enabled: false });
        expect((await ask("POST /proxies", body)).status).toBe(201);
        const found = await ask(`GET /proxies/${encodeURIComponent(name)}`);
        expect((JSON.parse(found.body) as { name: string }).name).toBe(name);
        expect((await ask(`DELETE /proxies/${encodeURIComponent(name)}`)).status).toBe(204);
      }),
      { numRuns: 60 },
    );
  });

  it("answers any JSON anywhere with a documented status, and lives on", async () => {
    const paths = ["/proxies", "/populate", "/proxies/wire", "/proxies/wire/toxics", "/proxies/wire/toxics/t"];
    const keys = ["name", "listen", "upstream", "enabled", "type", "stream", "toxicity", "attributes", "latency"];
    const leaf = fc.oneof(fc.jsonValue(), fc.constantFrom(...TOXIC_TYPES.keys(), "127.0.0.1:0", "upstream"));
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(fc.constantFrom(...keys), leaf).map((value) => JSON.stringify(value)),
      fc.array(fc.dictionary(fc.constantFrom(...keys), leaf), { maxLength: 3 }).map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.constantFrom("POST", "PATCH"),
        body,
        async (path, method, text) => {
          const { status } = await ask(`${method} ${path}`, text);
          expect([200, 201, 400, 404, 405, 409, 500]).toContain(status);
        },
      ),
      { numRuns: 300 },
    );
    expect((await ask("GET /version")).status).toBe(200);
  });

  it("survives what is no HTTP at all, and a body that never comes", async () => {
    const { port } = new URL(bed.server.apiUrl);
    for (const text of [
      "\0\0\0",
      "GET",
      "POST /proxies HTTP/1.1\r\nContent-Length: 10\r\n\r\n{",
      "GET / HTTP/9\r\n\r\n",
    ]) {
      const peer = new TestSocket(connect(Number(port), "127.0.0.1"));
      peer.socket.end(text);
      await until("an answer or the end", () => peer.sizeBytes > 0 || peer.hasEnded || peer.isClosed);
      peer.socket.destroy();
    }
    expect((await ask("GET /version")).status).toBe(200);
  });

  it.skipIf(IS_REAL)("refuses a body of more than 8 MiB", async () => {
    const answer = await ask("POST /proxies", `"${"x".repeat(9 * 1024 * 1024)}"`);
    expect(answer.body).toContain("request body too large");
  });
});

describe.skipIf(IS_REAL)("the options of the server", () => {
  const common = { port: 0, clock, random: createRandom(1) };

  it("tell the bytes of each proxy in Prometheus' text while connections live", async () => {
    const bed = await openTestBed({ proxyMetrics: true, runtimeMetrics: true });
    const { client, server } = await bed.connect();
    client.write("12345");
    await server.hasText("12345");
    const { body, headers } = await sendToApi(bed.server.apiUrl, "GET /metrics");
    const { listen: listener, upstream } = bed.proxy;
    const labels = (direction: string): string =>
      `{direction="${direction}",listener="${listener}",proxy="wire",upstream="${upstream}"}`;
    expect(headers["content-type"]).toContain("text/plain; version=0.0.4");
    expect(body).toContain(
      `# TYPE toxiproxy_proxy_received_bytes_total counter\ntoxiproxy_proxy_received_bytes_total${labels("downstream")} 0\ntoxiproxy_proxy_received_bytes_total${labels("upstream")} 5\n`,
    );
    expect(body).toContain(`toxiproxy_proxy_sent_bytes_total${labels("upstream")} 5\n`);
    expect(body).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
    await bed.close();
  });

  it("may all be left to their defaults but the port, or give a seed", async () => {
    const ids = [];
    for (const options of [{ port: 0 }, { port: 0, seed: 1 }, { port: 0, seed: 1 }]) {
      const server = await openTcpProxyServer(options);
      ids.push((await sendToApi(server.apiUrl, "GET /version")).headers["x-toxiproxy-request-id"]);
      await server.close();
    }
    expect(ids[1]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("populate it from a list", async () => {
    const upstream = await openUpstream((socket) => socket.end("hello"));
    const config = [{ name: "one", listen: "127.0.0.1:0", upstream: upstream.address }];
    const server = await openTcpProxyServer({ ...common, config });
    const one = JSON.parse((await sendToApi(server.apiUrl, "GET /proxies/one")).body) as { listen: string };
    const [, port] = one.listen.split(":");
    const peer = new TestSocket(connect(Number(port), "127.0.0.1"));
    await peer.hasText("hello");
    expect(peer.text()).toBe("hello");
    await server.close();
    await upstream.close();
  });

  it("refuse a list that cannot be had, and leave nothing open", async () => {
    const config = [{ name: "one", listen: "nowhere", upstream: "x:1" }];
    await expect(openTcpProxyServer({ ...common, config })).rejects.toMatchObject({
      code: "HARNESS_INVALID_OPTION",
      message: expect.stringContaining("address nowhere: missing port in address"),
    });
  });

  it("let it listen on the port that was asked for, again after a close", async () => {
    const probe = createServer();
    const port = await listen(probe);
    await new Promise((resolve) => probe.close(resolve));
    for (let round = 0; round < 3; round += 1) {
      const server = await openTcpProxyServer({ ...common, port });
      expect(server.apiUrl).toBe(`http://127.0.0.1:${port}`);
      await server.close();
      await server.close();
    }
  });
});

/** A name that can stand between two slashes of a path as it is. */
function isOnePart(name: string): boolean {
  return name !== "." && name !== ".." && name !== "wire" && !name.includes("/");
}
