import { execFile } from "node:child_process";
import { pbkdf2 } from "node:crypto";
import { lookup } from "node:dns";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { deflateRaw } from "node:zlib";

import { describe, expect, it } from "vitest";

import { sleep } from "../determinism/waiting.ts";
import { runInWorld } from "./run-in-world.ts";

/** As somebody has it who knows nothing of types: the package, of another one that needs it, and what Node has of its own. */
const besides = createRequire(createRequire(import.meta.url).resolve("testcontainers"));
const undici = besides("undici") as { fetch(url: string): Promise<unknown> };
const assembly = Reflect.get(globalThis, "WebAssembly") as { compile(bytes: Uint8Array): Promise<unknown> };
const waitAsync = (): unknown =>
  Reflect.apply(Reflect.get(Atomics, "waitAsync") as () => unknown, Atomics, [
    new Int32Array(new SharedArrayBuffer(4)),
    0,
    0,
  ]);

const ignore = (): void => undefined;

/** What leaves virtual time, and the words that name it. */
const ESCAPES: readonly (readonly [string, RegExp, () => void])[] = [
  ["asynchronous file access", /asynchronous file access \(FSREQPROMISE\)/, () => void readFile("/").catch(ignore)],
  ["the thread pool's compression", /compression on the thread pool.*\(ZLIB\)/, () => deflateRaw("x", ignore)],
  ["a lookup", /a DNS lookup \(GETADDRINFOREQWRAP\)/, () => lookup("localhost", ignore)],
  ["cryptography", /cryptography on the thread pool/, () => pbkdf2("a", "b", 1, 8, "sha256", ignore)],
  [
    "a real socket",
    /a real socket \(TCPWRAP\)/,
    () => new Socket().connect(1, "127.0.0.1").on("error", ignore).destroy(),
  ],
  ["Node's own fetch", /a network client of Node's own.*\(fetch\)/, () => void fetch("http://127.0.0.1:40999/")],
  [
    "undici as a package",
    /a network client with timers.*\(undici\)/,
    () => void undici.fetch("http://127.0.0.1:40999/").catch(ignore),
  ],
  [
    "WebAssembly",
    /compilation on the thread pool \(WebAssembly\.compile\)/,
    () => void assembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
  ],
  ["a wait for a thread", /a wait for another thread \(Atomics\.waitAsync\)/, () => void waitAsync()],
  ["a process", /another process \(PROCESSWRAP\)|a real socket \(PIPEWRAP\)/, () => void execFile("true", ignore)],
  ["a thread", /another thread, or a message channel/, () => void new Worker("", { eval: true })],
];

describe.each(["synchronous", "turns"] as const)("in a world that is driven %s", (driver) => {
  it.each(ESCAPES)("%s fails the run, and is named together with its place", async (_what, words, escape) => {
    const run = runInWorld({ seed: 1, driver }, async (world) => {
      await sleep(world.clock, 1);
      escape();
      await sleep(world.clock, 1_000);
    });
    const error: unknown = await run.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "HARNESS_SIMULATION_ESCAPED", message: expect.stringMatching(words) });
    expect(error).toMatchObject({ message: expect.stringContaining("escapes.test") });
  });

  it("what stays inside is not taken for an escape", async () => {
    const answered = runInWorld({ seed: 1, driver }, async (world) => {
      const server = http.createServer((request, response) => {
        response.sendDate = false;
        response.end(`you asked for ${request.url ?? ""}`);
      });
      const listener = world.network.listenForStreams(0, (socket) => server.emit("connection", socket));
      structuredClone({ a: [1] });
      await Promise.all([sleep(world.clock, 5), new Promise<void>((resolve) => process.nextTick(resolve))]);
      return await new Promise<string>((resolve, reject) => {
        http
          .get({ host: "127.0.0.1", port: listener.port, path: "/thing" }, (response) => {
            response.setEncoding("utf8").on("data", resolve);
          })
          .on("error", reject);
      });
    });
    expect(await answered).toBe("you asked for /thing");
  });
});
