import { execFile } from "node:child_process";
import { pbkdf2 } from "node:crypto";
import { lookup } from "node:dns";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { deflateRaw } from "node:zlib";

import { describe, expect, it } from "vitest";

import { sleep } from "../determinism/waiting.ts";
import { runInWorld } from "./run-in-world.ts";

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
