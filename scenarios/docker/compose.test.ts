import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openWorkplace, type Workplace } from "../cutwire-command.test-support.ts";
import { type Report, runAsExpected } from "./expected-run.test-support.ts";
import { COMMAND_ENV as env, standing, WHY_SKIPPED } from "./engine.test-support.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROJECT = `cutwire-test-${process.pid}`;
const IS_FULL = process.env["HARNESS_FULL"] !== undefined;
/** In passing these; in full the whole suite, as the README says. */
const SCENARIOS = IS_FULL ? [] : ["fin-mid-text", "cut-after-call-done", "half-open-after-tool-output", "limited-wire"];

/** Compose 2 is a plug-in of the docker command; Debian has Compose 1.29 as a command of its own. */
async function compose(...args: readonly string[]): Promise<void> {
  const isPlugIn = await execute("docker", ["compose", "version"]).then(
    () => true,
    () => false,
  );
  const [file, first] = isPlugIn ? ["docker", ["compose"]] : ["docker-compose", []];
  await execute(file, [...first, "--project-name", PROJECT, ...args], { cwd: ROOT });
}

/** The command of the README that follows `docker compose up`, as its arguments. */
function commandOfReadme(): readonly string[] {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, command = ""] = /^docker compose up .*\nnpx cutwire ((?:.*\\\n)*.*)$/m.exec(readme) ?? [];
  return command.replaceAll("\\\n", " ").split(/\s+/);
}

/** Whoever types the commands one after the other is slower than the containers are to start. */
async function untilOk(url: string): Promise<void> {
  for (let round = 0; round < 300; round += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within half a minute`);
}

describe.skipIf(WHY_SKIPPED !== undefined)("docker compose up", () => {
  let place: Workplace;
  let before: readonly string[];
  beforeAll(async () => {
    place = openWorkplace();
    before = await standing();
    await compose("up", "--build", "--detach");
    const args = commandOfReadme();
    const urlOf = (option: string): string => args[args.indexOf(option) + 1] ?? "";
    const health = [`${urlOf("--toxiproxy")}/version`, `${urlOf("--tap")}/health`, `${urlOf("--control")}/connections`];
    for (const url of health) await untilOk(url);
  });
  afterAll(async () => {
    await compose("down");
    await place.expectNothingLeft();
    place.remove();
  });

  it("starts what the command of the README runs through, and that leaves it as it was", async () => {
    const args = commandOfReadme();
    expect(args.slice(0, 3)).toEqual(["run", "--backend", "external"]);
    const toxiproxy = args[args.indexOf("--toxiproxy") + 1] ?? "";
    const mine = { name: "mine", listen: "127.0.0.1:9", upstream: "target:8475", enabled: false };
    await fetch(`${toxiproxy}/proxies`, { method: "POST", body: JSON.stringify(mine) });
    const run = async (names: readonly string[]): Promise<Report> => {
      const finished = await place.run([...args, ...names, "--reporter", "json", "--quiet"], { env });
      expect(finished.stderr).toBe("");
      return JSON.parse(finished.stdout) as Report;
    };
    const { backend, scenarios } = await runAsExpected(place, run, SCENARIOS);
    expect(backend).toBe("external");
    expect(scenarios.filter(({ outcome }) => outcome === "as-expected").length).toBeGreaterThanOrEqual(4);
    expect(scenarios.flatMap(({ faults }) => faults).filter(({ state }) => state !== "fired")).toEqual([]);
    expect(await (await fetch(`${toxiproxy}/proxies`)).json()).toMatchObject({ mine });
    expect(Object.keys((await (await fetch(`${toxiproxy}/proxies`)).json()) as object)).toEqual(["mine"]);
  });

  it("publishes nothing but on 127.0.0.1, and down takes all of it away", async () => {
    const filter = ["--filter", `label=com.docker.compose.project=${PROJECT}`];
    const { stdout } = await execute("docker", ["ps", ...filter, "--format", "{{.Names}} {{.Ports}}"]);
    const published = [...stdout.matchAll(/(\S+):[\d-]+->/g)].map(([, host]) => host);
    expect(stdout.trim().split("\n")).toHaveLength(3);
    expect(published.length).toBeGreaterThan(2);
    expect(new Set(published)).toEqual(new Set(["127.0.0.1"]));
    await compose("down");
    expect(await standing()).toEqual(before);
  });
});
