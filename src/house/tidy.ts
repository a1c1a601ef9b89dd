import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

import { findUndocumentedExports } from "./documented-exports.ts";
import { foldersIn, isTestPath, pathsBelow, readSourceFiles } from "./source-tree.ts";

/** The folders that the project's own files live in. */
export const OWN_FOLDERS: readonly string[] = ["src", "properties", "scenarios", "docs", "examples", ".ci"];

const TOP_LEVEL: readonly RegExp[] = [
  /^(src|properties|scenarios|docs|examples)$/,
  /^(README|ARCHITECTURE|CONTRIBUTING)\.md$/,
  /^(LICENSE|Dockerfile|docker-compose\.yml|package\.json|package-lock\.json)$/,
  /^tsconfig(\.[\w-]+)?\.json$/,
  /^[\w-]+\.config\.ts$/,
  /^\./,
  // Never committed: what .gitignore names.
  /^(node_modules|dist|coverage)$|\.log$/,
];

/** What else stands at the top level. A new name there needs a decision record, and then a line here. */
export function findTopLevelStrays(root: string): readonly string[] {
  return readdirSync(root)
    .filter((name) => !TOP_LEVEL.some((allowed) => allowed.test(name)))
    .map((name) => `${name} stands at the top level: the names that may are listed in src/house/tidy.ts.`);
}

const VAGUE_WORD = /^(utils?|helpers?|common|misc|managers?)$/;
const VAGUE_NAME = /^(types?|shared)$/;

/** The files and folders whose names say nothing of what is in them: `src/run/utils.ts`, `src/run/socket-helpers.ts`. */
export function findVagueNames(root: string): readonly string[] {
  const names = OWN_FOLDERS.flatMap((folder) => pathsBelow(root, folder)).flatMap((path) =>
    path.split("/").map((name, index, parts) => ({ name, path: parts.slice(0, index + 1).join("/") })),
  );
  const vague = names.filter(({ name }) => {
    const [stem = ""] = name.split(".");
    return VAGUE_NAME.test(stem) || stem.split("-").some((word) => VAGUE_WORD.test(word));
  });
  return [...new Set(vague.map(({ path }) => `${path} has a vague name: call it by what it is for.`))];
}

/** The folders of src that are an entry point of the package, and so have an `index.ts`. */
const ENTRY_POINTS = /^src\/((tcp-proxy|responses-server|responses-client|vitest|properties|contracts)\/)?index\.ts$/;

/** Each `index.ts` that only forwards names inside the package. */
export function findInnerBarrels(root: string): readonly string[] {
  return pathsBelow(root, "src")
    .filter((path) => posix.basename(path) === "index.ts" && !ENTRY_POINTS.test(path))
    .map((path) => `${path} is an inner barrel: import the files themselves.`);
}

/** Each exported declaration of src, tests aside, that has no doc comment. */
export function findUndocumented(root: string): readonly string[] {
  return readSourceFiles(root, "src")
    .filter((file) => !isTestPath(file.path))
    .flatMap(findUndocumentedExports);
}

// Written so that no pattern matches this file.
const FOREIGN_WORDS: readonly RegExp[] = [
  /(?<![\w.:/-])\/(root|work|workspace|home|Users)\/\w/,
  /bash[_]jobs/,
  /\bC[E]O\b/,
  /before[-]stop/,
  /\bdevelopers?['’]? (session|loop)s?\b/i,
];
const TEXT_NAME = /(\.([cm]?[jt]s|json|jsonc|md|ya?ml|html|txt)|\/run|Dockerfile)$/;

/** Each line that speaks of the machine or the place where somebody worked on the project, and not of the project. */
export function findForeignWords(root: string): readonly string[] {
  const top = readdirSync(root).filter((name) => statSync(join(root, name)).isFile() && name !== "package-lock.json");
  return [...top, ...OWN_FOLDERS.flatMap((folder) => pathsBelow(root, folder))]
    .filter((path) => TEXT_NAME.test(path))
    .flatMap((path) =>
      readFileSync(join(root, path), "utf8")
        .split("\n")
        .flatMap((line, index) => (FOREIGN_WORDS.some((word) => word.test(line)) ? [`${path}:${index + 1}`] : [])),
    )
    .map((place) => `${place} speaks of the place where somebody worked, not of the project.`);
}

/**
 * Each path named in ARCHITECTURE.md that does not exist. Nothing is wrong while that page is not written.
 *
 * Paths are what links point to, and what stands between backticks and begins with one of our folders
 * (`src/run/run-plan.ts`, `run/run-plan.ts`) or is a file name alone (`built-ins.ts`).
 */
export function findDeadPaths(root: string): readonly string[] {
  if (!existsSync(join(root, "ARCHITECTURE.md"))) return [];
  const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const links = [...page.matchAll(/\]\((?!\w+:)([^)#\s]+)/g)].map(([, path = ""]) => path);
  const spans = [...page.matchAll(/`([\w@.-]+(?:\/[\w@.*<>-]*)*)`/g)].map(([, path = ""]) => path);
  const named = [...links, ...spans.filter((span) => looksLikePath(root, span))];
  if (named.length === 0) return ["ARCHITECTURE.md names no path at all."];
  const files = OWN_FOLDERS.flatMap((folder) => pathsBelow(root, folder));
  return [...new Set(named)]
    .filter((path) => !pathExists(root, path, files))
    .map((path) => `ARCHITECTURE.md names ${path}, which does not exist.`);
}

function looksLikePath(root: string, span: string): boolean {
  const [first = "", ...rest] = span.split("/");
  if (rest.length === 0) return span.endsWith(".ts");
  return OWN_FOLDERS.includes(first) || foldersIn(root, "src").includes(first);
}

function pathExists(root: string, path: string, files: readonly string[]): boolean {
  // What follows a wildcard is not fixed; the folder before it is.
  const fixed = path.split(/[^/]*[*<]/)[0] ?? path;
  if (existsSync(join(root, fixed)) || existsSync(join(root, "src", fixed))) return true;
  return !path.includes("/") && files.some((file) => posix.basename(file) === path);
}

/**
 * Each entry point of package.json whose folder exists in src without the source that it is built from. The main one is
 * left to the properties and scenarios, which import it.
 */
export function findEmptyEntryPoints(root: string): readonly string[] {
  const text = readFileSync(join(root, "package.json"), "utf8");
  const { exports } = JSON.parse(text) as { exports: Readonly<Record<string, string | { readonly default: string }>> };
  const built = Object.values(exports).map((target) => (typeof target === "string" ? target : target.default));
  return built
    .filter((target) => target.startsWith("./dist/"))
    .map((target) => target.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"))
    .filter((source) => posix.dirname(source) !== "src" && existsSync(join(root, posix.dirname(source))))
    .filter((source) => !existsSync(join(root, source)))
    .map((source) => `package.json has an entry point without its source: ${source} does not exist.`);
}

type LockEntry = { readonly optionalDependencies?: Readonly<Record<string, string>> };

/**
 * Each optional package that package-lock.json leaves out. `npm ci` refuses such a file, but npm itself writes it when
 * the registry it asks does not hold the builds for other platforms.
 */
export function findLockGaps(root: string): readonly string[] {
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, LockEntry>> };
  return Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !(`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages))
      .map(([name, version]) => `package-lock.json has no entry for ${name} ${version}, which ${place} names.`),
  );
}
