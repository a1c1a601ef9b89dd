import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { importUserPackage } from "./user-package.ts";

describe("an optional package", () => {
  const home = process.cwd();
  let project: string;
  beforeEach(() => {
    project = realpathSync(mkdtempSync(join(tmpdir(), "cutwire-project-")));
    process.chdir(project);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(project, { recursive: true });
  });

  /** Installs a package into the user's project. */
  function install(name: string, manifest: object, files: Readonly<Record<string, string>>): void {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", ...manifest }));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  }

  const wanted = (specifier: string, name = specifier): Parameters<typeof importUserPackage>[0] => ({
    specifier,
    name,
    neededBy: "The client x",
  });

  it("is the user's own copy where there is one", async () => {
    install("ws", { type: "module", main: "own.js" }, { "own.js": 'export const whose = "the user";' });
    expect(await importUserPackage(wanted("ws"))).toEqual({ whose: "the user" });
  });

  it("is the harness's copy otherwise", async () => {
    expect(await importUserPackage(wanted("ws"))).toMatchObject({ default: expect.any(Function) });
  });

  it("may be a part of a package", async () => {
    const exports = { "./part": "./part.js" };
    install("own", { type: "module", exports }, { "part.js": "export const part = 1;" });
    expect(await importUserPackage(wanted("own/part", "own"))).toEqual({ part: 1 });
  });

  it("is named with the command that installs it where it is missing", async () => {
    await expect(importUserPackage(wanted("no-such-package/part", "no-such-package"))).rejects.toMatchObject({
      code: "HARNESS_MISSING_PACKAGE",
      message:
        "The client x needs the package no-such-package, which is not installed. Install it with: npm install no-such-package",
      details: { package: "no-such-package" },
    });
  });

  it("is missing too where the installed version lacks the part that is needed", async () => {
    install("own", { type: "module", exports: { ".": "./index.js" } }, { "index.js": "" });
    await expect(importUserPackage(wanted("own/part", "own"))).rejects.toMatchObject({
      code: "HARNESS_MISSING_PACKAGE",
      message:
        "The client x needs the package own, whose installed version has no own/part. Install it with: npm install own",
    });
  });
});
