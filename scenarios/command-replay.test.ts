import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

import { workplaceOf, type Workplace } from "./cutwire-command.test-support.ts";

const execute = promisify(execFile);
const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

/** Has a failure of planted:M11, and answers the name of its reproduction file. */
async function haveFailure(place: Workplace): Promise<string> {
  const args = ["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "0"];
  const { stdout } = await place.run(args);
  return /^ {2}replay {3}npx cutwire replay (.+)$/m.exec(stdout)?.[1] ?? "";
}

/** A client module that is a built-in client. */
function clientLike(name: string): string {
  return `export { client } from ${JSON.stringify(new URL(`../dist/run/clients/${name}.js`, import.meta.url).href)};\n`;
}

describe("cutwire replay", () => {
  it.concurrent("exits 0 for a failure that is expected to be there, and 1 where it is gone", async (context) => {
    const place = workplaceOf(context);
    const args = ["replay", await haveFailure(place), "--confirm", "0", "--expect", "reproduced"];
    expect(await place.run(args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^reproduced\n/) as string });
    const repaired = await place.run([...args, "--client", "reference"]);
    expect(repaired).toMatchObject({ code: 1, stdout: expect.stringMatching(/^fixed/) as string });
  });

  it.concurrent("refuses to expect anything else, and under --bisect leaves the commit out", async (context) => {
    const place = workplaceOf(context);
    const file = await haveFailure(place);
    const refused = await place.run(["replay", file, "--expect", "gone"]);
    expect(refused).toMatchObject({ code: 3, stdout: "" });
    expect(refused.stderr).toContain('--expect gone: "fixed" or "reproduced" is expected.');
    place.write("broken.js", "export const client = {");
    const skipped = await place.run(["replay", file, "--bisect", "--client", "./broken.js"]);
    expect(skipped).toMatchObject({ code: 125, stdout: "" });
    expect(skipped.stderr).toContain("(HARNESS_INVALID_CLIENT)");
  });

  it.concurrent("lets git find the commit that brought a failure, past one that does not load", async (context) => {
    const place = workplaceOf(context);
    const file = await haveFailure(place);
    const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.invalid"];
    const git = async (...args: readonly string[]): Promise<string> =>
      (await execute("git", [...who, ...args], { cwd: place.directory })).stdout.trim();
    await git("init", "--quiet");
    const commits: string[] = [];
    for (const client of ["reference", undefined, "reference", "planted/m11", "planted/m11"]) {
      const source = client === undefined ? "export const client = {" : clientLike(client);
      place.write("client.js", `${source}// ${commits.length}\n`);
      await git("add", "client.js");
      await git("commit", "--quiet", "--message", `the client, ${commits.length}`);
      commits.push(await git("rev-parse", "HEAD"));
    }
    await git("bisect", "start", commits.at(-1) ?? "", commits[0] ?? "");
    const replay = [process.execPath, MAIN, "replay", file, "--client", "./client.js", "--confirm", "0", "--bisect"];
    expect(await git("bisect", "run", ...replay)).toContain(`${commits[3] ?? ""} is the first bad commit`);
  });
});
