import { afterEach, describe, expect, it } from "vitest";

import { REPOSITORY_ROOT } from "./build-once.ts";
import { findImportProblems, type ImportProblems } from "./import-problems.ts";
import { IMPORT_TABLE } from "./import-table.ts";
import { openTemporaryTree, type TemporaryTree } from "./temporary-tree.ts";

const PACKAGE = JSON.stringify({ name: "cutwire", exports: { ".": "./i.js", "./tcp-proxy": "./t.js" } });

const trees: TemporaryTree[] = [];
afterEach(() => trees.splice(0).forEach((tree) => tree.close()));

function problemsIn(files: Readonly<Record<string, string>>): ImportProblems {
  const tree = openTemporaryTree({ "package.json": PACKAGE, ...files });
  trees.push(tree);
  return findImportProblems(tree.root);
}

/** A small tree that keeps every rule, to which each test adds one file. */
const CLEAN = {
  "src/errors.ts": "export {};",
  "src/protocol/items.ts": 'import "../errors.ts";',
  "src/plan/plan.ts": 'import type { A } from "../protocol/items.ts"; import ws from "ws"; import "node:fs";',
  "src/run/run-plan.ts": 'import "../plan/plan.ts"; export * from "./backend.ts";',
  "src/run/backend.ts": "export {};",
  "src/run/backends/embedded.ts": 'import "../backend.ts"; import "../../tcp-proxy/index.ts";',
  "src/run/backends/simulation/network.ts": 'import "../../backend.ts"; import "./link.ts";',
  "src/run/backends/simulation/link.ts": "export {};",
  "src/run/run-plan.test.ts": 'import "./backends/embedded.ts"; import "./wire.test-support.ts";',
  "src/run/wire.test-support.ts": 'import "./backends/embedded.ts";',
  "src/tcp-proxy/index.ts": 'import "./toxics/latency.ts";',
  "src/tcp-proxy/toxics/latency.ts": "export {};",
  "src/built-ins.ts": 'import "./run/backends/embedded.ts";',
  "properties/one.test.ts": 'import "cutwire"; import "cutwire/tcp-proxy"; import "fast-check"; import "./two.ts";',
  "scenarios/cut.json": "{}",
};

describe("the import table", () => {
  it("holds for every file of the repository, and files of every folder were seen", () => {
    const { filesSeen, problems } = findImportProblems(REPOSITORY_ROOT);
    expect(problems).toEqual([]);
    expect(filesSeen).toBeGreaterThan(20);
  });

  it("lets neither the check nor the report know the run", () => {
    for (const part of ["check", "report", "history", "plan"]) expect(IMPORT_TABLE[part]).not.toContain("run");
  });

  it("finds nothing in a clean tree, and counts its files", () => {
    expect(problemsIn(CLEAN)).toEqual({ filesSeen: 14, problems: [] });
  });
});

describe("a planted import", () => {
  it.each([
    ["value", 'import { a } from "../run/run-plan.ts";'],
    ["type-only", 'import type { A } from "../run/run-plan.ts";'],
    ["inline type-only", 'import { type A } from "../run/run-plan.ts";'],
    ["side-effect", 'import "../run/run-plan.ts";'],
    ["star re-export", 'export * from "../run/run-plan.ts";'],
    ["named re-export", 'export { a } from "../run/run-plan.ts";'],
    ["type re-export", 'export type { A } from "../run/run-plan.ts";'],
    ["dynamic", 'await import("../run/run-plan.ts");'],
    ["dynamic template", "await import(`../run/run-plan.ts`);"],
    ["type expression", 'let a: import("../run/run-plan.ts").A;'],
    ["typeof", 'let a: typeof import("../run/run-plan.ts");'],
    ["import assignment", 'import a = require("../run/run-plan.ts");'],
    ["require", 'require("../run/run-plan.ts");'],
  ])("is found in the %s form", (_form, line) => {
    const { problems } = problemsIn({ ...CLEAN, "src/check/check-history.ts": `\n${line}` });
    expect(problems).toEqual([
      "src/check/check-history.ts:2 imports ../run/run-plan.ts, " +
        "but check may import errors, determinism, plan, history, protocol.",
    ]);
  });

  it.each([
    ["report to run", "src/report/console.ts", "../run/run-plan.ts"],
    ["proxy to protocol", "src/tcp-proxy/link.ts", "../protocol/items.ts"],
    ["anything from errors", "src/errors.ts", "./protocol/items.ts"],
    ["a test to another stage", "src/plan/plan.test.ts", "../run/run-plan.ts"],
    ["the pipeline to these checks", "src/plan/trigger.ts", "../house/tidy.ts"],
    ["a test by a source file", "src/run/face.ts", "./run-plan.test.ts"],
    ["what tests share by a source file", "src/run/face.ts", "./wire.test-support.ts"],
    ["out of src", "src/plan/trigger.ts", "../../scenarios/cut.json"],
    ["the package by its own name", "src/plan/trigger.ts", "cutwire"],
    ["an absolute path", "src/plan/trigger.ts", "/opt/plan.ts"],
    ["a plug-in by another of its folder", "src/run/backends/container.ts", "./embedded.ts"],
    ["a plug-in by another of its stage", "src/run/clients/reference.ts", "../backends/embedded.ts"],
    ["a file inside another plug-in", "src/run/backends/container.ts", "./simulation/link.ts"],
    ["a plug-in by its engine", "src/run/run-plan.ts", "./backends/embedded.ts"],
    ["a plug-in by an outer stage", "src/explore/sweep.ts", "../run/backends/embedded.ts"],
    ["a toxic by another", "src/tcp-proxy/toxics/slicer.ts", "./latency.ts"],
    ["src by a property", "properties/one.test.ts", "../src/plan/plan.ts"],
    ["a closed path of the package by a property", "properties/one.test.ts", "cutwire/plan"],
    ["a property by a scenario's test", "scenarios/all.test.ts", "../properties/one.test.ts"],
    ["src by an example", "examples/vitest/a.test.ts", "../../src/plan/plan.ts"],
  ])("is found: %s", (_what, path, specifier) => {
    const { problems } = problemsIn({ ...CLEAN, [path]: `import "${specifier}";` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${path}:1 imports ${specifier}, but `);
  });

  it("is found where its path is computed", () => {
    const { problems } = problemsIn({ ...CLEAN, "src/check/a.ts": "await import(`../run/${name}.ts`);" });
    expect(problems).toEqual([expect.stringContaining("src/check/a.ts:1 computes a relative import")]);
  });
});

describe("seeing nothing", () => {
  it("is a problem where there is no source at all", () => {
    expect(problemsIn({}).problems).toEqual(["src holds no source file: nothing was checked."]);
  });

  it.each(["src/check/", "properties/", "scenarios/"])("is a problem where %s is empty", (folder) => {
    const { "properties/one.test.ts": _property, "scenarios/cut.json": _scenario, ...rest } = CLEAN;
    const { problems } = problemsIn({ ...rest, [folder]: "" });
    expect(problems).toEqual([`${folder.slice(0, -1)} exists, but no file was seen in it.`]);
  });

  it("is a problem for a folder without a row, and for a file that cannot be parsed", () => {
    expect(problemsIn({ ...CLEAN, "src/extras/a.ts": "" }).problems).toEqual([
      expect.stringContaining("src/extras has no row in the import table"),
    ]);
    expect(() => problemsIn({ ...CLEAN, "src/plan/bad.ts": "export const = 1" })).toThrow("src/plan/bad.ts");
  });
});
