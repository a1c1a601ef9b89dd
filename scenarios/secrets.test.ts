import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const CLIENT = fileURLToPath(new URL("./clients/leaky.js", import.meta.url));
const MARKER = /marker-\w+-5f2c9e/g;

describe("secrets that a client says wherever it can", () => {
  const directory = mkdtempSync(join(tmpdir(), "cutwire-secrets-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("stand in no file of the run and in nothing that is printed, and equal ones can still be told", async () => {
    const printed = await new Promise<string>((resolve) => {
      const args = [
        MAIN,
        "run",
        "fin-mid-text",
        "--confirm",
        "0",
        "--client",
        CLIENT,
        "--reporter",
        "console",
        "--reporter",
        "json",
      ];
      const env = { PATH: process.env["PATH"], LEAKY_API_KEY: "marker-environment-5f2c9e" };
      execFile(process.execPath, args, { cwd: directory, env }, (_error, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(printed).toContain("fin-mid-text");
    expect(printed.match(MARKER)).toBeNull();
    const files = readdirSync(join(directory, ".cutwire"), { recursive: true, encoding: "utf8" })
      .map((name) => join(directory, ".cutwire", name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const path of files) expect([path, readFileSync(path, "utf8").match(MARKER)]).toEqual([path, null]);
    const history = readFileSync(join(directory, ".cutwire/latest/fin-mid-text/history.jsonl"), "utf8");
    const kinds = new Set(history.match(/redacted:[0-9a-f]{8}/g));
    expect(kinds.size).toBe(5);
  });
});
