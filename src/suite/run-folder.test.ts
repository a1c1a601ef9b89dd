import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { writeTextFile } from "./files.ts";
import { openRunFolder } from "./run-folder.ts";

const STARTED = "2026-11-23T05:11:16.123Z";
const STAMP = "2026-11-23T05-11-16-123Z";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cutwire-run-folder-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe("the folder of a command", () => {
  it("is named after its start, holds a log, and is what latest points to", () => {
    const folder = openRunFolder(".cutwire", { directory, startedAt: STARTED });
    folder.log.info({ run: "one" }, "run started");
    expect(folder.path).toBe(join(".cutwire", STAMP));
    expect(readlinkSync(join(directory, ".cutwire", "latest"))).toBe(STAMP);
    const log = readFileSync(join(directory, folder.path, "harness.log"), "utf8");
    expect(JSON.parse(log)).toMatchObject({ name: "cutwire", run: "one", msg: "run started" });
  });

  it("is another one for every command, also for those that begin at the same instant", () => {
    const folders = [0, 1, 2].map(() => openRunFolder("out", { directory, startedAt: STARTED }));
    expect(folders.map(({ path }) => path)).toEqual(
      [STAMP, `${STAMP}-1`, `${STAMP}-2`].map((name) => join("out", name)),
    );
    expect(readlinkSync(join(directory, "out", "latest"))).toBe(`${STAMP}-2`);
    expect(readdirSync(join(directory, "out")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("makes folders within it, and names them as a user would type them", () => {
    const folder = openRunFolder("out", { directory, startedAt: STARTED });
    expect(folder.folder(join("scenario", "confirm-1"))).toBe(join("out", STAMP, "scenario", "confirm-1"));
    expect(readdirSync(join(directory, "out", STAMP, "scenario"))).toEqual(["confirm-1"]);
  });

  it.each(["file", "file/below"])("is refused as %s where a file stands", (out) => {
    writeFileSync(join(directory, "file"), "mine");
    expect(() => openRunFolder(out, { directory, startedAt: STARTED })).toThrow(
      expect.objectContaining({
        code: "HARNESS_UNWRITABLE_FILE",
        message: expect.stringMatching(/^Results cannot be stored in .*\. Choose another folder with --out\.$/),
      }),
    );
  });

  it("is refused where latest is a folder of somebody's own, which is left alone", () => {
    mkdirSync(join(directory, "out", "latest"), { recursive: true });
    writeFileSync(join(directory, "out", "latest", "mine.txt"), "mine");
    expect(() => openRunFolder("out", { directory, startedAt: STARTED })).toThrow("Choose another folder");
    expect(readdirSync(join(directory, "out")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(readFileSync(join(directory, "out", "latest", "mine.txt"), "utf8")).toBe("mine");
  });
});

describe("writing a file", () => {
  it("takes the place of the old one, and leaves nothing else behind", () => {
    for (const text of ["old", "new"]) writeTextFile(join(directory, "report.json"), text);
    expect(readFileSync(join(directory, "report.json"), "utf8")).toBe("new");
    expect(readdirSync(directory)).toEqual(["report.json"]);
  });

  it("leaves nothing behind where it is refused", () => {
    mkdirSync(join(directory, "folder"));
    expect(() => writeTextFile(join(directory, "folder"), "text")).toThrow(
      expect.objectContaining({
        code: "HARNESS_UNWRITABLE_FILE",
        message: expect.stringContaining("folder cannot be"),
      }),
    );
    expect(readdirSync(directory)).toEqual(["folder"]);
  });
});
