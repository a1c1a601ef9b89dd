import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { REPOSITORY_ROOT } from "./build-once.ts";
import { openTemporaryTree, type TemporaryTree } from "./temporary-tree.ts";

const trees: TemporaryTree[] = [];
afterEach(() => trees.splice(0).forEach((tree) => tree.close()));

/** One file of vitest's JSON report; a status stands for a test. */
function fileWith(status: string, ...tests: readonly string[]): object {
  return { status, assertionResults: tests.map((test) => ({ status: test })) };
}

function count(report: string): { lines: string[]; exitCode: number | null } {
  const tree = openTemporaryTree({ "report.json": report });
  trees.push(tree);
  const program = join(REPOSITORY_ROOT, ".ci", "count-tests.mjs");
  const { stdout, status } = spawnSync(process.execPath, [program, join(tree.root, "report.json")], {
    encoding: "utf8",
  });
  return { lines: stdout.trimEnd().split("\n"), exitCode: status };
}

const CASES = [
  {
    what: "adds up all files",
    files: [fileWith("passed", "passed", "passed"), fileWith("passed", "passed")],
    line: "3 passed, 0 failed, 0 skipped",
    exitCode: 0,
  },
  {
    what: "fails with one failed test",
    files: [fileWith("failed", "passed", "failed")],
    line: "1 passed, 1 failed, 0 skipped",
    exitCode: 1,
  },
  {
    what: "counts every kind of skipping",
    files: [fileWith("passed", "passed", "skipped", "pending", "todo")],
    line: "1 passed, 0 failed, 3 skipped",
    exitCode: 0,
  },
  {
    what: "counts a file that could not be loaded",
    files: [fileWith("passed", "passed"), fileWith("failed")],
    line: "1 passed, 1 failed, 0 skipped",
    exitCode: 1,
  },
  {
    what: "fails when everything was skipped",
    files: [fileWith("passed", "skipped")],
    line: "0 passed, 0 failed, 1 skipped",
    exitCode: 1,
  },
  { what: "fails when nothing ran", files: [], line: "0 passed, 0 failed, 0 skipped", exitCode: 1 },
];

describe("the count at the end of a CI run", () => {
  it.each(CASES)("$what", ({ files, line, exitCode }) => {
    expect(count(JSON.stringify({ testResults: files }))).toEqual({ lines: [line], exitCode });
  });

  it("says so where there is no report, and still ends with the line", () => {
    const { lines, exitCode } = count("");
    expect(lines).toEqual([expect.stringContaining("did not run to their end"), "0 passed, 0 failed, 0 skipped"]);
    expect(exitCode).toBe(1);
  });
});
