import { afterEach, describe, expect, it } from "vitest";

import { REPOSITORY_ROOT } from "./build-once.ts";
import { readSourceFiles } from "./source-tree.ts";
import { openTemporaryTree, type TemporaryTree } from "./temporary-tree.ts";
import * as tidy from "./tidy.ts";

const trees: TemporaryTree[] = [];
afterEach(() => trees.splice(0).forEach((tree) => tree.close()));

function rootOf(files: Readonly<Record<string, string>>): string {
  const tree = openTemporaryTree(files);
  trees.push(tree);
  return tree.root;
}

describe("the repository", () => {
  it.each([
    ["holds nothing unexpected at the top level", tidy.findTopLevelStrays],
    ["has no vague names", tidy.findVagueNames],
    ["has no inner barrels", tidy.findInnerBarrels],
    ["documents every exported declaration", tidy.findUndocumented],
    ["speaks of the project alone", tidy.findForeignWords],
    ["names only paths that exist in ARCHITECTURE.md", tidy.findDeadPaths],
    ["has a source for every entry point", tidy.findEmptyEntryPoints],
    ["locks every optional package", tidy.findLockGaps],
  ])("%s", (_what, findProblems) => {
    expect(findProblems(REPOSITORY_ROOT)).toEqual([]);
  });

  it("was seen: these checks read its files", () => {
    expect(readSourceFiles(REPOSITORY_ROOT, "src").length).toBeGreaterThan(20);
  });
});

describe("names", () => {
  it("finds what does not belong at the top level", () => {
    const root = rootOf({ "tests/a.ts": "", "notes.md": "", "src/a.ts": "", ".ci/run": "", "vitest.config.ts": "" });
    expect(tidy.findTopLevelStrays(root)).toEqual([
      expect.stringMatching(/^notes\.md stands/),
      expect.stringMatching(/^tests stands/),
    ]);
  });

  it.each([
    ["src/utils.ts", "src/utils.ts"],
    ["src/run/types.ts", "src/run/types.ts"],
    ["src/shared/a.ts", "src/shared"],
    ["src/run/socket-helpers.test.ts", "src/run/socket-helpers.test.ts"],
    ["src/run/run-manager.ts", "src/run/run-manager.ts"],
    ["properties/common/a.ts", "properties/common"],
    ["scenarios/misc/a.json", "scenarios/misc"],
  ])("finds the vague name in %s", (path, found) => {
    expect(tidy.findVagueNames(rootOf({ [path]: "" }))).toEqual([expect.stringMatching(`^${found} has`)]);
  });

  it("leaves names alone that only contain such a word", () => {
    expect(tidy.findVagueNames(rootOf({ "src/event-types.ts": "", "src/commonplace.ts": "" }))).toEqual([]);
  });

  it("finds inner barrels, and none at an entry point", () => {
    const root = rootOf({ "src/index.ts": "", "src/tcp-proxy/index.ts": "", "src/run/index.ts": "" });
    expect(tidy.findInnerBarrels(root)).toEqual([expect.stringMatching(/^src\/run\/index\.ts is/)]);
  });
});

describe("doc comments", () => {
  it.each([
    ["a function", "export function f(): void {}"],
    ["a constant", "export const a: number = 1;"],
    ["a type", "export type A = number;"],
    ["an interface", "export interface A {}"],
    ["a class", "export class A {}"],
    ["a default", "export default 1;"],
    ["a line comment", "// Not a doc comment.\nexport const a: number = 1;"],
    ["a block comment", "/* Not a doc comment. */\nexport const a: number = 1;"],
    ["a comment with a blank line behind it", "/** Of the file. */\n\nexport const a: number = 1;"],
    ["a comment of what stands before", "/** B. */\nconst b = 1;\nexport const a: number = b;"],
    [
      "an overload without one",
      "/** F. */\nfunction g(): void {}\nexport function f(): void;\nexport function f(): void {}",
    ],
    ["a name exported apart", "const a: number = 1;\nexport { a };"],
  ])("is missed on %s", (_what, text) => {
    expect(tidy.findUndocumented(rootOf({ "src/a.ts": text }))).toHaveLength(1);
  });

  it.each([
    ["a documented constant", "/** A. */\nexport const a: number = 1;"],
    ["a documented function of several lines", "/**\n * F.\n */\nexport async function f(): Promise<void> {}"],
    ["overloads under one comment", "/** F. */\nexport function f(): void;\nexport function f(a?: 1): void {}"],
    ["a documented name exported apart", "/** A. */\nconst a: number = 1;\nexport { a };"],
    ["a re-export", 'export { a } from "./b.ts";'],
    ["what is not exported", "const a = 1;"],
  ])("is not asked of %s", (_what, text) => {
    expect(tidy.findUndocumented(rootOf({ "src/a.ts": text, "src/a.test.ts": "export const b = 1;" }))).toEqual([]);
  });

  it("is missed with its place", () => {
    const root = rootOf({ "src/run/a.ts": "\n\nexport const one: number = 1;" });
    expect(tidy.findUndocumented(root)).toEqual(["src/run/a.ts:3 exports one without a doc comment above it."]);
  });
});

describe("words of a workplace", () => {
  // Put together here, so that this file does not contain them.
  const slash = "/";
  it.each([
    `see ${slash}home${slash}me${slash}notes`,
    `cd ${slash}root${slash}cutwire`,
    `\`${slash}work${slash}main\``,
    ["the C", "EO asked"].join(""),
  ])("finds %s", (text) => {
    const root = rootOf({ "README.md": `First line.\n${text}\n`, "src/a.ts": `// ${text}` });
    expect(tidy.findForeignWords(root)).toEqual([
      expect.stringMatching(/^README\.md:2 /),
      expect.stringMatching(/^src\/a\.ts:1 /),
    ]);
  });

  it("leaves addresses and plain words alone", () => {
    const text = "http://127.0.0.1/home/page, ./work/a, the work of a developer, /v1/responses";
    expect(tidy.findForeignWords(rootOf({ "README.md": text }))).toEqual([]);
  });
});

describe("paths in ARCHITECTURE.md", () => {
  const files = { "src/run/run-plan.ts": "", "src/built-ins.ts": "", "docs/faults.md": "" };

  it("may be absent", () => {
    expect(tidy.findDeadPaths(rootOf(files))).toEqual([]);
  });

  it("all exist", () => {
    const page =
      "[run](src/run/run-plan.ts#top) `src/run/` `run/run-plan.ts` `src/run/*.ts` `built-ins.ts` [f](./docs/faults.md) " +
      "[web](https://example.org/src/gone.ts) `npm test` `text/html` `cutwire/tcp-proxy`";
    expect(tidy.findDeadPaths(rootOf({ ...files, "ARCHITECTURE.md": page }))).toEqual([]);
  });

  it.each(["[gone](src/run/gone.ts)", "`src/run/gone.ts`", "`run/gone.ts`", "`gone.ts`", "`src/gone/*.ts`"])(
    "are found dead: %s",
    (text) => {
      const problems = tidy.findDeadPaths(rootOf({ ...files, "ARCHITECTURE.md": `\`src/run\` ${text}` }));
      expect(problems).toEqual([expect.stringContaining("which does not exist")]);
    },
  );

  it("must be there once the page is", () => {
    const problems = tidy.findDeadPaths(rootOf({ ...files, "ARCHITECTURE.md": "One run, step by step." }));
    expect(problems).toEqual(["ARCHITECTURE.md names no path at all."]);
  });
});

describe("entry points", () => {
  it("need the source that they are built from", () => {
    const exports = {
      "./tcp-proxy": { default: "./dist/tcp-proxy/index.js" },
      "./vitest": { default: "./dist/vitest/index.js" },
      "./package.json": "./package.json",
    };
    const root = rootOf({ "package.json": JSON.stringify({ exports }), "src/tcp-proxy/proxy.ts": "" });
    expect(tidy.findEmptyEntryPoints(root)).toEqual([expect.stringContaining("src/tcp-proxy/index.ts does not exist")]);
  });
});

describe("the lock file", () => {
  it("needs an entry for every optional package, also for those of other platforms", () => {
    const packages = {
      "node_modules/a": { optionalDependencies: { "a-linux": "1.0.0", "a-darwin": "1.0.0" } },
      "node_modules/a-linux": {},
    };
    expect(tidy.findLockGaps(rootOf({ "package-lock.json": JSON.stringify({ packages }) }))).toEqual([
      "package-lock.json has no entry for a-darwin 1.0.0, which node_modules/a names.",
    ]);
  });
});
