import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { clientModuleOf, parseClientReference, printClientReference } from "./client-module.ts";
import type { Harness } from "./harness.ts";

const HARNESS: Harness = {
  clock: createSystemClock(),
  backends: new Map(),
  targets: new Map(),
  targetAt: () => {
    throw new Error("no target is asked for");
  },
  clients: new Map([
    ["reference", "file:///harness/reference.js"],
    ["planted:M11", "file:///harness/m11.js"],
  ]),
  appliers: new Map(),
  checkers: [],
};

describe("what a user gives for a client", () => {
  it.each([
    ["reference", { name: "reference" }],
    ["planted:M11", { name: "planted:M11" }],
    ["./my-client.js", { module: "file:///srv/me/my-client.js" }],
    ["../my client.ts", { module: "file:///srv/my%20client.ts" }],
    ["clients/mine.mjs", { module: "file:///srv/me/clients/mine.mjs" }],
    ["/opt/mine.cts", { module: "file:///opt/mine.cts" }],
    ["./folder", { module: "file:///srv/me/folder" }],
    ["file:///opt/mine.js", { module: "file:///opt/mine.js" }],
  ])("%j is read as a name or a module", (text, reference) => {
    expect(parseClientReference(text, "/srv/me")).toEqual(reference);
  });

  it("is printed as it was typed, or as a whole path", () => {
    expect(printClientReference({ name: "reference" })).toBe("reference");
    expect(printClientReference(parseClientReference("../my client.ts", "/srv/me"))).toBe("/srv/my client.ts");
    expect(printClientReference({ module: "./relative.js" })).toBe("./relative.js");
  });
});

describe("the module of a client", () => {
  it("is the registered one, or the file itself", () => {
    expect(clientModuleOf({ name: "planted:M11" }, HARNESS)).toBe("file:///harness/m11.js");
    expect(clientModuleOf({ module: import.meta.url }, HARNESS)).toBe(import.meta.url);
  });

  it("is refused where nobody registered the name, with the names that are", () => {
    expect(() => clientModuleOf({ name: "refrence" }, HARNESS)).toThrow(
      expect.objectContaining({
        code: "HARNESS_UNKNOWN_NAME",
        message: expect.stringContaining(
          '"refrence". Registered: reference, planted:M11. A client of your own is given',
        ),
      }),
    );
  });

  it("is refused where there is no such file, with its path", () => {
    const module = new URL("./no-such-client.js", import.meta.url).href;
    expect(() => clientModuleOf({ module }, HARNESS)).toThrow(
      expect.objectContaining({
        code: "HARNESS_UNREADABLE_FILE",
        message: `There is no client module at ${fileURLToPath(module)}. Check the path.`,
      }),
    );
  });

  it.each(["./my-client.js", "file://elsewhere/client.js", "https://example.com/client.js", ""])(
    "is refused where a file names it as %j",
    (module) => {
      expect(() => clientModuleOf({ module }, HARNESS)).toThrow(
        expect.objectContaining({ code: "HARNESS_INVALID_CLIENT", message: expect.stringContaining("file: URL") }),
      );
    },
  );
});
