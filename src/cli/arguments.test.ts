import { describe, expect, it } from "vitest";

import { type OptionTable, readArguments } from "./arguments.ts";

const OPTIONS: OptionTable = {
  client: { type: "string", default: "reference" },
  confirm: { type: "string" },
  reporter: { type: "string", multiple: true },
  quiet: { type: "boolean", default: false },
};
const BOUNDS = { least: 0, most: 1_000, fallback: 3 };

function read(...args: readonly string[]): ReturnType<typeof readArguments> {
  return readArguments(args, OPTIONS, "run");
}

describe("the arguments of a command", () => {
  it("are texts, lists, flags and what stands alone", () => {
    const given = read("one", "--client", "mine", "--reporter", "json", "two", "--reporter=console", "--quiet");
    expect(given.positionals).toEqual(["one", "two"]);
    expect(given.text("client")).toBe("mine");
    expect(given.texts("reporter")).toEqual(["json", "console"]);
    expect(given.flag("quiet")).toBe(true);
  });

  it("have what the table says where nothing is given", () => {
    const given = read();
    expect([given.text("client"), given.text("confirm"), given.texts("reporter")]).toEqual([
      "reference",
      undefined,
      [],
    ]);
    expect([given.flag("quiet"), given.count("confirm", BOUNDS)]).toEqual([false, 3]);
  });

  it.each(["0", "7", "1000"])("count %s", (text) => {
    expect(read("--confirm", text).count("confirm", BOUNDS)).toBe(Number(text));
  });

  it.each(["abc", "", " ", "1.5", "1001", "-1", "NaN", "Infinity", "1e9"])("do not count %j", (text) => {
    expect(() => read(`--confirm=${text}`).count("confirm", BOUNDS)).toThrow(
      expect.objectContaining({
        code: "HARNESS_INVALID_OPTION",
        message: `--confirm ${text}: a whole number from 0 to 1000 is expected.`,
      }),
    );
  });

  it.each([["--confrim", "1"], ["--confirm"], ["--quiet=yes"], ["-x"]])("are refused as %j %j", (...args) => {
    expect(() => read(...args)).toThrow(
      expect.objectContaining({
        code: "HARNESS_INVALID_OPTION",
        message: expect.stringMatching(/"cutwire run --help" lists the options\.$/),
      }),
    );
  });
});
