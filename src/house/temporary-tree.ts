import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder tree that stands until it is closed, for tests that plant something bad in it. */
export type TemporaryTree = { readonly root: string; close(): void };

/** Writes a tree of files: `openTemporaryTree({ "src/plan/plan.ts": "export {};" })`. A path that ends in `/` is an empty folder. */
export function openTemporaryTree(files: Readonly<Record<string, string>>): TemporaryTree {
  const root = mkdtempSync(join(tmpdir(), "cutwire-house-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith("/") ? path : dirname(path)), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(join(root, path), text);
  }
  return { root, close: () => rmSync(root, { recursive: true, force: true }) };
}
