import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

import { FOUNDATION, IMPORT_TABLE, PLUG_IN_FOLDERS, type PlugInFolder, PUBLIC_FOLDERS } from "./import-table.ts";
import { importsOf } from "./module-imports.ts";
import {
  foldersIn,
  isTestPath,
  isTestSupportPath,
  pathsBelow,
  readSourceFiles,
  type SourceFile,
} from "./source-tree.ts";

/** The package of a repository: its name and the specifiers that others may import, `cutwire/tcp-proxy` for one. */
type Package = { readonly name: string; readonly entryPoints: readonly string[] };

/** What the import check found: how many files it read, and each breach as `src/a.ts:3 imports …, but …`. */
export type ImportProblems = { readonly filesSeen: number; readonly problems: readonly string[] };

/**
 * Holds every import below src, properties, scenarios and examples against the import table.
 *
 * Seeing nothing is a problem too: an empty tree, a folder without source files, and a part that has no row.
 */
export function findImportProblems(root: string): ImportProblems {
  const own = readPackage(root);
  const sources = readSourceFiles(root, "src");
  const outside = PUBLIC_FOLDERS.flatMap((folder) => readSourceFiles(root, folder));
  const problems = [
    ...problemsOfEmptiness(root, sources),
    ...[...new Set(sources.map((file) => partOf(file.path)))]
      .filter((part) => IMPORT_TABLE[part] === undefined)
      .map((part) => `src/${part} has no row in the import table: add one to src/house/import-table.ts.`),
    ...sources.flatMap((file) => problemsOfFile(file, (specifier) => whyNotInSource(file.path, specifier, own))),
    ...outside.flatMap((file) => problemsOfFile(file, (specifier) => whyNotOutside(file.path, specifier, own))),
  ];
  return { filesSeen: sources.length + outside.length, problems };
}

function readPackage(root: string): Package {
  const text = readFileSync(join(root, "package.json"), "utf8");
  const { name, exports } = JSON.parse(text) as { name: string; exports: Readonly<Record<string, unknown>> };
  return { name, entryPoints: Object.keys(exports).map((key) => posix.join(name, key)) };
}

function problemsOfEmptiness(root: string, sources: readonly SourceFile[]): readonly string[] {
  if (sources.length === 0) return ["src holds no source file: nothing was checked."];
  const empty = foldersIn(root, "src")
    .map((folder) => `src/${folder}`)
    .filter((folder) => !sources.some((file) => file.path.startsWith(`${folder}/`)));
  const emptyOutside = PUBLIC_FOLDERS.filter(
    (folder) => existsSync(join(root, folder)) && pathsBelow(root, folder).length === 0,
  );
  return [...empty, ...emptyOutside].map((folder) => `${folder} exists, but no file was seen in it.`);
}

function problemsOfFile(file: SourceFile, whyNot: (specifier: string) => string | undefined): readonly string[] {
  return importsOf(file).flatMap(({ specifier, line, computedFromPath }) => {
    const place = `${file.path}:${line}`;
    if (computedFromPath) return [`${place} computes a relative import, which cannot be checked: write it out.`];
    const reason = specifier === undefined ? undefined : whyNot(specifier);
    return reason === undefined ? [] : [`${place} imports ${specifier}, but ${reason}.`];
  });
}

function whyNotInSource(path: string, specifier: string, own: Package): string | undefined {
  if (isOwnName(specifier, own)) return "src imports its own files by relative paths";
  if (isAbsolute(specifier)) return "an absolute path holds on one machine alone";
  if (!specifier.startsWith(".")) return undefined;
  const target = posix.join(posix.dirname(path), specifier);
  if (!target.startsWith("src/")) return "src imports nothing that stands outside of it";
  if (isTestPath(target)) return "tests are imported by nobody";
  if (isTestSupportPath(target) && !isForTests(path)) return "what tests share is imported by tests alone";
  return whyNotByTable(path, target) ?? whyNotPlugIn(path, target);
}

function whyNotByTable(path: string, target: string): string | undefined {
  const from = partOf(path);
  const row = IMPORT_TABLE[from] ?? [];
  const allowed = from === "errors" ? [] : [...FOUNDATION, ...row];
  const to = partOf(target);
  if (to === from || allowed.includes(to)) return undefined;
  return `${from} may import ${allowed.length === 0 ? "nothing" : allowed.join(", ")}`;
}

/** Tests are exempt, for an engine is tested with real plug-ins. */
function whyNotPlugIn(path: string, target: string): string | undefined {
  const folder = plugInFolderOf(target);
  if (folder === undefined || isForTests(path) || partOf(path) === "built-ins") return undefined;
  const ownFolder = plugInFolderOf(path);
  if (ownFolder !== undefined) {
    const same = ownFolder === folder && plugInName(path, folder) === plugInName(target, folder);
    return same ? undefined : "a plug-in imports its stage and never another plug-in";
  }
  if (folder.namedBy === "own part" && partOf(path) === partOf(target)) return undefined;
  return `plug-ins of ${folder.path} are named by ${folder.namedBy === "built-ins" ? "src/built-ins.ts" : "their own part"} alone`;
}

function whyNotOutside(path: string, specifier: string, own: Package): string | undefined {
  if (isAbsolute(specifier)) return "an absolute path holds on one machine alone";
  if (isOwnName(specifier, own)) {
    return own.entryPoints.includes(specifier) ? undefined : `the entry points are ${own.entryPoints.join(", ")}`;
  }
  if (!specifier.startsWith(".")) return undefined;
  const folder = topFolderOf(path);
  const target = posix.join(posix.dirname(path), specifier);
  return topFolderOf(target) === folder ? undefined : `${folder} uses the package by its public entry points alone`;
}

function isForTests(path: string): boolean {
  return isTestPath(path) || isTestSupportPath(path);
}

function isOwnName(specifier: string, own: Package): boolean {
  return specifier === own.name || specifier.startsWith(`${own.name}/`);
}

function isAbsolute(specifier: string): boolean {
  return specifier.startsWith("/") || specifier.startsWith("file:");
}

/** `"run"` for `src/run/tap/face.ts`, `"errors"` for `src/errors.ts` and `src/errors.test.ts`. */
function partOf(path: string): string {
  const [, first = "", ...rest] = path.split("/");
  return rest.length === 0 ? withoutEnding(first) : first;
}

function topFolderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

function plugInFolderOf(path: string): PlugInFolder | undefined {
  return PLUG_IN_FOLDERS.find((folder) => path.startsWith(folder.path));
}

function plugInName(path: string, folder: PlugInFolder): string {
  return withoutEnding(path.slice(folder.path.length).split("/")[0] ?? "");
}

function withoutEnding(name: string): string {
  return name.split(".")[0] ?? "";
}
