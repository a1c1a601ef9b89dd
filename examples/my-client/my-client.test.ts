import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const MODULE = fileURLToPath(new URL("./my-client.js", import.meta.url));
const README = fileURLToPath(new URL("../../README.md", import.meta.url));
const COMMAND = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

describe("the client that the README shows", () => {
  const directory = mkdtempSync(join(tmpdir(), "cutwire-my-client-"));
  afterAll(() => rmSync(directory, { recursive: true }));

  it("stands in the README word for word, in under 50 lines", () => {
    const source = readFileSync(MODULE, "utf8");
    expect(source.split("\n").length - 1).toBeLessThan(50);
    expect(readFileSync(README, "utf8")).toContain(`\`\`\`js\n${source}\`\`\`\n`);
  });

  it("keeps every promise in every scenario", () => {
    const output = execFileSync(process.execPath, [COMMAND, "run", "--quiet", "--client", MODULE], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(output).toMatch(/(\d+) scenarios: \1 as expected/);
  });
});
