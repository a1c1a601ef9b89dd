import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** One file of the repository: `{ path: "src/plan/plan.ts", text: "…" }`, the path with slashes from the root. */
export type SourceFile = { readonly path: string; readonly text: string };

const SOURCE_NAME = /\.[cm]?[jt]sx?$/;
const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", "dist", "coverage", ".cutwire"]);

/** Every TypeScript and JavaScript file below a folder, sorted by path; none where the folder does not exist. */
export function readSourceFiles(root: string, folder: string): readonly SourceFile[] {
  return pathsBelow(root, folder)
    .filter((path) => SOURCE_NAME.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The path of every file below a folder, sorted, without installed and built ones. */
export function pathsBelow(root: string, folder: string): readonly string[] {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.split("/").some((part) => NOT_OURS.has(part)))
    .toSorted();
}

/** The folders right below a folder, sorted; none where it does not exist. */
export function foldersIn(root: string, folder: string): readonly string[] {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}

/** Whether a file is a test or a benchmark, which are neither shipped nor imported. */
export function isTestPath(path: string): boolean {
  return /\.(test|bench)\.[cm]?[jt]s$/.test(path);
}

/** Whether a file is what several tests share, `proxy.test-support.ts` for one: tests alone import it, and it is not shipped. */
export function isTestSupportPath(path: string): boolean {
  return /\.test-support\.[cm]?[jt]s$/.test(path);
}
