import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openWorkplace, type Workplace } from "../cutwire-command.test-support.ts";
import { type Report, runAsExpected } from "./expected-run.test-support.ts";
import { COMMAND_ENV, standing, WHY_SKIPPED } from "./engine.test-support.ts";

const run = promisify(execFile);
const IMAGE = "cutwire-second-server:test";
const IN_CONTAINER = ["--backend", "container", "--sessions-max", "4"];
const KEY = "marker-of-the-key-5c80";
const TARGET = `image=${IMAGE},port=8080,env=HOST=0.0.0.0,env=PORT=8080,env=KEY,health=/healthz`;
const BASE = process.env["CUTWIRE_BASE_IMAGE"] ?? "node:20-bookworm-slim";
const DOCKERFILE = `FROM ${BASE}\nWORKDIR /server\nCOPY . .\nUSER 10001\nCMD ["node", "second-server.js"]\n`;

/** Makes an image of a server that is not ours, as anybody makes one. */
async function makeImage(): Promise<void> {
  const context = mkdtempSync(join(tmpdir(), "cutwire-second-server-"));
  const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  cpSync(at("scenarios/servers/second-server.js"), join(context, "second-server.js"));
  cpSync(at("node_modules/ws"), join(context, "node_modules/ws"), { recursive: true, dereference: true });
  writeFileSync(join(context, "package.json"), '{"type":"module"}');
  writeFileSync(join(context, "Dockerfile"), DOCKERFILE);
  await run("docker", ["build", "--quiet", "--tag", IMAGE, context]);
  rmSync(context, { recursive: true });
}

describe.skipIf(WHY_SKIPPED !== undefined)("cutwire run --backend container --target image=…", () => {
  let place: Workplace;
  let before: readonly string[];
  const env = { ...COMMAND_ENV, KEY, CUTWIRE_API_KEY: KEY };
  beforeAll(async () => {
    place = openWorkplace();
    await makeImage();
    before = await standing();
  });
  afterAll(async () => {
    await run("docker", ["rmi", "--force", IMAGE]);
    await place.expectNothingLeft();
    place.remove();
  });

  it("puts a server of somebody else's behind the real Toxiproxy, finds the protocol points, and starts it anew", async () => {
    const paused = JSON.parse(readFileSync(new URL("../fin-mid-text.json", import.meta.url), "utf8")) as {
      plan: { faults: { fault: object; heal: object; when: { place: object } }[] };
    };
    for (const fault of paused.plan.faults) {
      fault.fault = { kind: "container", action: "restart" };
      fault.heal = { kind: "never" };
      fault.when.place = { session: "all" };
    }
    const file = place.write("restart.json", { ...paused, name: "restart" });
    const names = ["cut-after-call-done", "fin-mid-text", "half-open-after-tool-output", "repeated-item"];
    const options = [...IN_CONTAINER, "--target", TARGET, "--reporter", "json", "--quiet"];
    const run = async (some: readonly string[]): Promise<Report> => {
      const files = some.map((name) => (name === "restart" ? file : name));
      const { stdout, stderr } = await place.run(["run", ...files, ...options], { env });
      expect(stderr).toBe("");
      expect(stdout).not.toContain(KEY);
      return JSON.parse(stdout) as Report;
    };
    const report = await runAsExpected(place, run, [...names, "restart"]);
    expect(report.scenarios.map(({ name, outcome }) => [name, outcome])).toEqual(
      [...names, "restart"].map((name) => [name, "as-expected"]),
    );
    expect(report.target).toBe(TARGET);
    expect(report.scenarios.flatMap(({ faults }) => faults).filter(({ state }) => state !== "fired")).toEqual([]);
    const held = report.scenarios.flatMap(({ verdicts }) => verdicts).filter(({ outcome }) => outcome === "holds");
    expect(held.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["INV-05", "INV-15", "INV-22", "INV-25"]));
  });

  it("says in a sentence what is wrong with an image, a server or a path", async () => {
    const wrong = [
      ["image=cutwire-no-such:1,port=1", "See that the name is right"],
      [`image=${IMAGE},port=8080,env=PORT=99999999`, "It said last:\n"],
      [`${TARGET},path=/v2`, "Check the path"],
    ] as const;
    const answers = wrong.map(async ([target, words]) => {
      const { code, stderr } = await place.run(["run", "fin-mid-text", ...IN_CONTAINER, "--target", target], { env });
      expect(stderr).toContain(words);
      expect(stderr).toContain("(HARNESS_BACKEND_UNAVAILABLE)");
      expect(code).toBe(3);
    });
    await Promise.all(answers);
    expect(await standing()).toEqual(before);
  });
});
