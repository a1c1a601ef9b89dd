import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));
const OWN_CLIENT = join(REPOSITORY, "examples/my-client/my-client.js");
const versions = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
};

/** Uses every entry point by its types, as a user's own code does. */
const USE_OF_TYPES = `
import { type Client, decodeHistory, HarnessError, type Plan } from "cutwire";
import { findBreaches, JOURNAL_CONTRACT, type JournalStore } from "cutwire/contracts";
import { openResponsesSession } from "cutwire/responses-client";
import { openResponsesServer } from "cutwire/responses-server";
import { openTcpProxyServer } from "cutwire/tcp-proxy";
import { testClient, type TestClientOptions } from "cutwire/vitest";
export const entries = [decodeHistory, HarnessError, openResponsesServer, openResponsesSession, openTcpProxyServer, testClient];
export const options: TestClientOptions = { scenarios: "all" };
export const breaches = async (store: JournalStore) => await findBreaches(JOURNAL_CONTRACT, () => store);
export const plans: readonly Plan[] = [];
export const client: Client = {
  name: "typed",
  contract: { recoveryDeadlineMs: 1_000 },
  open: async () => ({ runTurn: async () => ({ outcome: "failed", cause: "none" }), close: async () => undefined }),
};
`;

describe("the package as it is installed", () => {
  const project = mkdtempSync(join(tmpdir(), "cutwire-package-"));
  const npm = (args: readonly string[], cwd: string): string =>
    execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd, encoding: "utf8" });
  const run = (command: string, args: readonly string[]): string =>
    execFileSync(join(project, "node_modules/.bin", command), args, {
      cwd: project,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
  let tarball = "";

  beforeAll(() => {
    // Without its scripts: dist has just been built, and other tests are running on it.
    npm(["pack", "--ignore-scripts", "--pack-destination", project], REPOSITORY);
    tarball = join(project, readdirSync(project).find((name) => name.endsWith(".tgz")) ?? "");
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "somebody", private: true, type: "module" }));
    const wanted = [
      `ws@${versions.dependencies["ws"]}`,
      ...["typescript", "@types/node", "@types/ws"].map((name) => `${name}@${versions.devDependencies[name]}`),
    ];
    npm(["install", "--ignore-scripts", tarball, ...wanted], project);
  }, 180_000);
  afterAll(() => rmSync(project, { recursive: true }));

  it("runs the suite", () => {
    expect(run("cutwire", ["run", "--quiet"])).toContain(" as expected in ");
  }, 120_000);

  it("runs the client that the README shows", () => {
    copyFileSync(OWN_CLIENT, join(project, "my-client.js"));
    expect(run("cutwire", ["run", "--quiet", "cut-after-call-done", "--client", "./my-client.js"])).toContain(
      "1 as expected",
    );
  });

  it.each([
    ["nodenext", "nodenext"],
    ["preserve", "bundler"],
  ])("type-checks under module %s and resolution %s", (module, moduleResolution) => {
    mkdirSync(join(project, "source"), { recursive: true });
    writeFileSync(join(project, "source/use.ts"), USE_OF_TYPES);
    const options = {
      module,
      moduleResolution,
      target: "es2023",
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ["node"],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["source"] }));
    expect(run("tsc", ["-p", "."])).toBe("");
  });

  it("holds what it needs and no tests", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n");
    expect(files).toContain("package/scenarios/cut-after-call-done.json");
    expect(files).toContain("package/dist/cli/main.js");
    expect(files.filter((file) => /\.test\.|test-support|\/house\/|\/bench\//.test(file))).toEqual([]);
  });

  it.each([
    ["publint", ["run", "--strict"], /All good!/],
    ["attw", ["--profile", "esm-only", "--no-emoji", "--no-color"], /"cutwire"\s+│ OK \(ESM\)\s+│ OK /],
  ])("passes %s", (command, args, good) => {
    const bin = join(REPOSITORY, "node_modules/.bin", command);
    // Both end with a failure when they find something.
    expect(execFileSync(bin, [...args, tarball], { cwd: REPOSITORY, encoding: "utf8" })).toMatch(good);
  });
});
