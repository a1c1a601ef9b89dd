import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { loadClient } from "./load-client.ts";

const FIELDS = 'name: "mine", contract: {}, async open() { throw new Error("not here"); }';

describe("loading a client", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cutwire-client-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return pathToFileURL(path).href;
  }

  it.each([
    ["client.mjs", `export const client = { ${FIELDS} };`],
    ["client.mjs", `export default { ${FIELDS} };`],
    ["client.mjs", `export const client = { ${FIELDS} }; export default 5;`],
    ["client.cjs", `module.exports = { ${FIELDS} };`],
    ["client.cjs", `exports.client = { ${FIELDS} };`],
    ["client.ts", `type Name = string; const name: Name = "mine"; export const client = { ${FIELDS}, name };`],
    ["client.ts", `export default { ${FIELDS} } satisfies object;`],
    ["client.mts", `export const client = { ${FIELDS} };`],
  ])("takes %s: %s", async (name, text) => {
    const client = await loadClient(write(name, text));
    expect([client.name, client.contract, typeof client.open]).toEqual(["mine", {}, "function"]);
  });

  it.each([
    ["export const other = 1;", "neither `client` nor the default export is an object"],
    ["export const client = () => 1;", "neither `client` nor the default export is an object"],
    [`export const client = { ${FIELDS}, name: "" };`, "its `name` is not a text"],
    [`export const client = { ${FIELDS}, contract: undefined };`, "its `contract` is not an object"],
    [`export const client = { ${FIELDS}, open: 1 };`, "its `open` is not a function"],
  ])("refuses a module that exports no client: %s", async (text, problem) => {
    const module = write("client.mjs", text);
    await expect(loadClient(module)).rejects.toMatchObject({
      code: "HARNESS_INVALID_CLIENT",
      message: expect.stringContaining(`exports no client: ${problem}`),
      details: { module },
    });
  });

  it.each([
    ["client.mjs", 'throw new Error("at the top");', "cannot be loaded: at the top."],
    ["client.ts", 'throw new Error("at the top");', "cannot be loaded: "],
    [
      "client.mjs",
      'import "no-such-package-at-all";',
      "Check the path, and that the packages it imports are installed.",
    ],
    ["client.ts", "export const client = {{{;", "cannot be loaded: "],
  ])("refuses a module that cannot be loaded, with its path: %s %s", async (name, text, problem) => {
    const module = write(name, text);
    await expect(loadClient(module)).rejects.toMatchObject({
      code: "HARNESS_INVALID_CLIENT",
      message: expect.stringContaining(problem),
      details: { module },
    });
    await expect(loadClient(module)).rejects.toMatchObject({ message: expect.stringContaining(join(folder, name)) });
  });

  it.each(["gone.mjs", "gone.ts"])("refuses a module that is not there: %s", async (name) => {
    await expect(loadClient(pathToFileURL(join(folder, name)).href)).rejects.toMatchObject({
      code: "HARNESS_INVALID_CLIENT",
      message: expect.stringContaining("Check the path"),
    });
  });
});
