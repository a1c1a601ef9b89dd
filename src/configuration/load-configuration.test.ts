import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { defineConfig } from "./configuration.ts";
import { loadConfiguration } from "./load-configuration.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "cutwire-configuration-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const CONTENT = {
  clients: { mine: "./src/mine.ts" },
  client: "mine",
  contracts: { mine: { recoveryDeadlineMs: 900 }, "./other.js": { store: true } },
  scenarios: ["fin-mid-text", "./plans/own.json", "own.json"],
  reporters: ["console", "junit=out/r=1.xml"],
  known: "known.json",
  jobs: 2,
  confirm: 0,
  out: "runs",
};

describe("a configuration", () => {
  it("is empty where a project has none", async () => {
    expect(await loadConfiguration(folder)).toEqual({});
  });

  it.each([
    ["cutwire.config.json", JSON.stringify(CONTENT)],
    ["cutwire.config.mjs", `export default ${JSON.stringify(CONTENT)};`],
    ["cutwire.config.js", `module.exports = ${JSON.stringify(CONTENT)};`],
    [
      "cutwire.config.ts",
      `type Text = string; const out: Text = "runs"; export default { ...${JSON.stringify(CONTENT)}, out };`,
    ],
    ["cutwire.config.mts", `export default ${JSON.stringify(CONTENT)} as const;`],
  ])("is found and read as %s, with its paths from its folder, and leaves nothing behind", async (name, text) => {
    write(name, text);
    const file = (path: string): string => pathToFileURL(join(folder, path)).href;
    expect(await loadConfiguration(folder)).toEqual({
      ...CONTENT,
      clients: { mine: file("src/mine.ts") },
      contracts: { mine: { recoveryDeadlineMs: 900 }, [file("other.js")]: { store: true } },
      scenarios: ["fin-mid-text", join(folder, "plans/own.json"), join(folder, "own.json")],
      reporters: ["console", `junit=${join(folder, "out/r=1.xml")}`],
      known: join(folder, "known.json"),
      out: join(folder, "runs"),
    });
    expect(readdirSync(folder)).toEqual([name]);
  });

  it("is read from another folder where it is named, and a client given by a path is found from there", async () => {
    mkdirSync(join(folder, "ci"));
    write("ci/my.json", JSON.stringify({ client: "./mine.js" }));
    const client = pathToFileURL(join(folder, "ci/mine.js")).href;
    expect(await loadConfiguration(folder, "ci/my.json")).toEqual({ client });
  });

  it("is refused with every problem and its path", async () => {
    const broken = {
      clients: { mine: 1 },
      contracts: { mine: { recoveryDeadlineMs: -1, speed: 2 } },
      jobs: 0,
      reporter: ["console"],
    };
    write("cutwire.config.json", JSON.stringify(broken));
    await expect(loadConfiguration(folder)).rejects.toMatchObject({
      code: "HARNESS_INVALID_CONFIGURATION",
      message: expect.stringMatching(
        /^cutwire\.config\.json is not a configuration; 5 problems:\n {2}clients\.mine: .*\n {2}contracts\.mine\.recoveryDeadlineMs: .*\n {2}contracts\.mine: .*speed.*\n {2}jobs: .*\n {2}\(the whole\): .*reporter/,
      ),
    });
  });

  it.each([
    ["cutwire.config.json", "{", "HARNESS_UNREADABLE_FILE", /^cutwire\.config\.json:1:2 is not JSON/],
    ["cutwire.config.mjs", "export const a = 1;", "HARNESS_INVALID_CONFIGURATION", /has no default export/],
    ["cutwire.config.ts", "throw new Error('no');", "HARNESS_INVALID_CONFIGURATION", /cannot be loaded: no\./],
    ["cutwire.config.mjs", "export default 7;", "HARNESS_INVALID_CONFIGURATION", /\(the whole\): /],
  ])("is refused as %s with %s", async (...[name, text, code, message]) => {
    write(name, text);
    const refused = { code, message: expect.stringMatching(message) };
    await expect(loadConfiguration(folder)).rejects.toMatchObject(refused);
  });

  it("is refused where there are two, and where the named one is missing", async () => {
    await expect(loadConfiguration(folder, "gone.json")).rejects.toMatchObject({ code: "HARNESS_UNREADABLE_FILE" });
    write("cutwire.config.json", "{}");
    write("cutwire.config.ts", "export default {};");
    await expect(loadConfiguration(folder)).rejects.toMatchObject({
      code: "HARNESS_INVALID_CONFIGURATION",
      message: expect.stringContaining("cutwire.config.ts and cutwire.config.json"),
    });
    expect(await loadConfiguration(folder, "cutwire.config.json")).toEqual({});
  });

  it("is the same when it was defined", () => {
    expect(defineConfig(CONTENT)).toBe(CONTENT);
  });
});
