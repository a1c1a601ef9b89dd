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

  it("keeps every promise in every scenario that is for a client that always sends its whole history", () => {
    const output = execFileSync(process.execPath, [COMMAND, "run", "--quiet", "--client", MODULE], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(output).toMatch(/^previous-response-refused +not exercised /m);
    expect(output).toContain(
      "not for this client: it had 4 chances to name the response before by its id, and took none",
    );
    const [, all, fine] = /(\d+) scenarios: (\d+) as expected, 1 not exercised in/.exec(output) ?? [];
    expect(Number(fine)).toBe(Number(all) - 1);
  });

  it("keeps every promise in a thousand plans that were drawn", () => {
    const args = ["explore", "--quiet", "--runs", "1000", "--client", MODULE];
    const output = execFileSync(process.execPath, [COMMAND, ...args], { cwd: directory, encoding: "utf8" });
    expect(output).toContain("nothing was violated");
  });
});
