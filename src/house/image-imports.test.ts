import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { REPOSITORY_ROOT } from "./build-once.ts";
import { importsOf } from "./module-imports.ts";

/** What the image runs. */
const ENTRY = "src/cli/image-main.ts";

/** The packages that a module of ours needs when it runs, with those that it imports and with those that they need. */
function packagesBehind(entry: string): readonly string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = read(path);
    for (const { specifier, isErased } of importsOf({ path, text })) {
      if (isErased || specifier === undefined || isBuiltin(specifier)) continue;
      if (specifier.startsWith(".")) waiting.push(join(dirname(path), specifier));
      else addWithDependencies(packageOf(specifier), packages);
    }
  }
  expect(seen.size).toBeGreaterThan(30);
  return [...packages].toSorted();
}

function addWithDependencies(name: string, packages: Set<string>): void {
  if (packages.has(name)) return;
  packages.add(name);
  const { dependencies = {} } = JSON.parse(read(`node_modules/${name}/package.json`)) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  for (const dependency of Object.keys(dependencies)) addWithDependencies(dependency, packages);
}

/** `"ws"` of `"ws/lib/receiver.js"`, `"@scope/name"` of `"@scope/name/part"`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function read(path: string): string {
  return readFileSync(join(REPOSITORY_ROOT, path), "utf8");
}

describe("the image of the reference server and the tap", () => {
  const needed = packagesBehind(ENTRY);

  it("needs some packages, and not the test runner", () => {
    expect(needed).toContain("ws");
    expect(needed).not.toContain("vitest");
  });

  it("is given by its Dockerfile the very packages that its program imports", () => {
    const copied = [...read("Dockerfile").matchAll(/^COPY node_modules\/(\S+) /gm)].map(([, name = ""]) => name);
    expect(copied.toSorted()).toEqual(needed);
  });

  it("has them in the context that compose sends", () => {
    const letIn = [...read(".dockerignore").matchAll(/^!node_modules\/(\S+)$/gm)].map(([, name = ""]) => name);
    expect(letIn.toSorted()).toEqual(needed);
  });
});
