import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { cutAt, type FinishedCommand, workplaceOf, planOf } from "./cutwire-command.test-support.ts";

/** What a command that could not run said: one message and its code, and nothing of how the program is built. */
function refusalOf({ code, stdout, stderr }: FinishedCommand, harnessCode: string): string {
  expect({ code, stdout, stderr }).toMatchObject({ code: 3, stdout: "" });
  expect(stderr).toMatch(new RegExp(`\\n\\(${harnessCode}\\)\\n$`));
  expect(stderr.match(/\(HARNESS_/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/^ +at |node:internal|HarnessError|undefined|\[object/m);
  return stderr;
}

/** Which of the things to be said a message does not say. */
function missingIn(message: string, says: readonly (string | RegExp)[]): readonly (string | RegExp)[] {
  return says.filter((what) => (typeof what === "string" ? !message.includes(what) : !what.test(message)));
}

const CLIENT_PARTS = `name: "mine", open: async () => ({ runTurn: async () => {}, close: async () => {} })`;

describe("an argument that nobody knows", () => {
  it.concurrent.for([
    { args: ["rum"], code: "HARNESS_INVALID_OPTION", says: ['"rum"', '"cutwire --help" lists'] },
    { args: ["run", "--clinet", "x"], code: "HARNESS_INVALID_OPTION", says: ["--clinet", '"cutwire run --help"'] },
    { args: ["run", "no-such"], code: "HARNESS_UNKNOWN_NAME", says: ['"no-such"', "cut-after-call-done"] },
    { args: ["run", "--client", "refrence"], code: "HARNESS_UNKNOWN_NAME", says: ['"refrence"', "planted:M11"] },
    { args: ["run", "--backend", "cloud"], code: "HARNESS_UNKNOWN_NAME", says: ['"cloud"', "embedded"] },
    { args: ["run", "--target", "moon"], code: "HARNESS_UNKNOWN_NAME", says: ['"moon"', "reference"] },
    { args: ["run", "--reporter", "xml"], code: "HARNESS_UNKNOWN_NAME", says: ['"xml"', "console, json"] },
    { args: ["run", "--confirm", "abc"], code: "HARNESS_INVALID_OPTION", says: ["--confirm abc", "from 0 to 1000"] },
    { args: ["run", "--confirm", "1.5"], code: "HARNESS_INVALID_OPTION", says: ["--confirm 1.5"] },
    { args: ["run", "--jobs", "0"], code: "HARNESS_INVALID_OPTION", says: ["--jobs 0", "from 1 to 64"] },
    { args: ["run", "--seed", "-1"], code: "HARNESS_INVALID_OPTION", says: ["--seed"] },
    { args: ["run", "--seed=-1"], code: "HARNESS_INVALID_OPTION", says: ["--seed -1", "from 0 to 4294967295"] },
    { args: ["run", "--out"], code: "HARNESS_INVALID_OPTION", says: ["--out"] },
    { args: ["run", "fin-mid-text", "fin-mid-text"], code: "HARNESS_INVALID_OPTION", says: ['"fin-mid-text"'] },
    { args: ["run", "plan.json"], code: "HARNESS_UNREADABLE_FILE", says: ["plan.json cannot be read: there is no"] },
    { args: ["run", "--client", "./me.js"], code: "HARNESS_UNREADABLE_FILE", says: ["/me.js. Check the path."] },
    { args: ["replay"], code: "HARNESS_INVALID_OPTION", says: ["cutwire replay FILE"] },
    { args: ["replay", "gone.json"], code: "HARNESS_UNREADABLE_FILE", says: ["gone.json cannot be read"] },
  ])("$args is refused before anything is written", async ({ args, code, says }, context) => {
    const place = workplaceOf(context);
    expect(missingIn(refusalOf(await place.run(args), code), says)).toEqual([]);
    expect(place.strays()).toEqual([]);
  });
});

describe("a file that says something else", () => {
  it.concurrent("is refused with file, line and column where it is no JSON", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", '{\n  "formatVersion": 1,\n  "seed": oh\n}\n');
    expect(
      missingIn(refusalOf(await place.run(["run", "plan.json"]), "HARNESS_UNREADABLE_FILE"), [
        /^plan\.json:3:11 is not JSON /,
      ]),
    ).toEqual([]);
  });

  it.concurrent("is refused with every problem of the plan, each at its path", async (context) => {
    const place = workplaceOf(context);
    const plan = planOf({ faults: [cutAt("P6"), cutAt("P6")] });
    const { workload, limits, faults } = plan;
    const broken = {
      ...plan,
      seed: "one",
      limits: { ...limits, runMs: 0 },
      workload: { sessions: [{ turns: [{ ...workload.sessions[0]?.turns[0], userText: "" }] }] },
      faults: [
        { ...faults[0], fault: { kind: "cutt", mode: "fin" } },
        { ...faults[1], when: undefined },
      ],
    };
    place.write("plan.json", broken);
    expect(
      missingIn(refusalOf(await place.run(["run", "plan.json"]), "HARNESS_INVALID_PLAN"), [
        /^plan\.json is not a plan; \d problems:\n/,
        /^ {2}seed: ./m,
        /^ {2}limits\.runMs: ./m,
        /^ {2}workload\.sessions\[0\]\.turns\[0\]\.userText: ./m,
        /^ {2}faults\[0\]\.fault\.kind: .*cut/m,
        /^ {2}faults\[1\]\.when: ./m,
      ]),
    ).toEqual([]);
  });

  it.concurrent("is refused where its parts do not agree", async (context) => {
    const place = workplaceOf(context);
    const faults = [cutAt("P6"), { ...cutAt("P8"), when: { ...cutAt("P8").when, place: { session: 4 } } }];
    place.write("scenario.json", {
      formatVersion: 1,
      name: "mine",
      why: "To see what is said.",
      plan: planOf({ faults }),
    });
    expect(
      missingIn(refusalOf(await place.run(["run", "scenario.json"]), "HARNESS_INVALID_PLAN"), [
        /^scenario\.json is not a scenario; 2 problems:\n/,
        'plan.faults[1].id: "cut" is the id of an earlier fault',
        "plan.faults[1].when.place.session: session 4 does not exist",
      ]),
    ).toEqual([]);
  });

  it.concurrent("is refused where it belongs to a later release, as a plan and as a reproduction", async (context) => {
    const place = workplaceOf(context);
    place.write("later.json", { ...planOf({}), formatVersion: 2, dice: 6 });
    const says = "later.json has format version 2, and this release reads version 1.";
    expect(missingIn(refusalOf(await place.run(["run", "later.json"]), "HARNESS_UNREADABLE_FILE"), [says])).toEqual([]);
    expect(missingIn(refusalOf(await place.run(["replay", "later.json"]), "HARNESS_UNREADABLE_FILE"), [says])).toEqual(
      [],
    );
  });

  it.concurrent("is refused as a reproduction where it is a plan", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({}));
    const finished = await place.run(["replay", "plan.json"]);
    expect(
      missingIn(refusalOf(finished, "HARNESS_INVALID_PLAN"), [
        /^plan\.json is not a reproduction; /,
        /^ {2}verdicts: ./m,
      ]),
    ).toEqual([]);
  });

  it.concurrent("is refused where it is a folder", async (context) => {
    const place = workplaceOf(context);
    mkdirSync(join(place.directory, "folder.json"));
    expect(
      missingIn(refusalOf(await place.run(["run", "folder.json"]), "HARNESS_UNREADABLE_FILE"), [
        "folder.json cannot be read",
      ]),
    ).toEqual([]);
  });
});

describe("a client that is none", () => {
  it.concurrent.for([
    {
      is: "throws while it loads",
      text: 'throw new Error("no config");',
      says: ["mine.js cannot be loaded: no config"],
    },
    { is: "is no JavaScript", text: "export const client = {", says: ["mine.js cannot be loaded"] },
    { is: "imports what is not there", text: 'import "no-such-package";', says: ["no-such-package", "are installed"] },
    {
      is: "exports nothing",
      text: "export {};",
      says: ["mine.js exports no client", "Export { name, contract, open }"],
    },
    { is: "exports a half", text: 'export const client = { name: "x" };', says: ["its `contract` is not an object"] },
    { is: "ends its process", text: "process.exit(0);", says: ["ended its process while it was loaded"] },
    {
      is: "promises nonsense",
      text: `export const client = { contract: { recoveryDeadlineMs: "soon", speed: 1 }, ${CLIENT_PARTS} };`,
      says: ['the contract of client "mine" is not a contract; 2 problems', "recoveryDeadlineMs: ", "speed"],
      code: "HARNESS_INVALID_CONTRACT",
    },
    {
      is: "promises what cannot be sent",
      text: `export const client = { contract: { store: () => true }, ${CLIENT_PARTS} };`,
      says: ["could not be cloned"],
    },
  ])("is refused once where it $is", async ({ text, says, code = "HARNESS_INVALID_CLIENT" }, context) => {
    const place = workplaceOf(context);
    place.write("package.json", { type: "module" });
    place.write("mine.js", text);
    const finished = await place.run(["run", "--client", "./mine.js", "--quiet"]);
    expect(missingIn(refusalOf(finished, code), says)).toEqual([]);
  });

  it.concurrent("is refused where a reproduction names it by something that is no file", async (context) => {
    const place = workplaceOf(context);
    await place.run(["run", "cut-after-call-done", "--client", "planted:M11", "--confirm", "0"]);
    const stored = ".cutwire/latest/cut-after-call-done/reproduction.json";
    const file: object = { ...(JSON.parse(place.read(stored)) as object), client: { module: "./mine.js" } };
    place.write("failure.json", file);
    expect(
      missingIn(refusalOf(await place.run(["replay", "failure.json"]), "HARNESS_INVALID_CLIENT"), [
        '"./mine.js"',
        "--client",
      ]),
    ).toEqual([]);
  });
});

describe("a package that is not there", () => {
  it.concurrent("is named with the command that installs it", async (context) => {
    const place = workplaceOf(context);
    // A copy of the package that stands where no parent folder holds `openai`, with all that it depends on itself.
    const root = fileURLToPath(new URL("../", import.meta.url));
    const copy = join(place.directory, "cutwire");
    cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(copy, "package.json"));
    cpSync(join(root, "scenarios"), join(copy, "scenarios"), { recursive: true });
    const manifest = JSON.parse(place.read("cutwire/package.json")) as { dependencies: Record<string, string> };
    mkdirSync(join(copy, "node_modules"));
    for (const name of Object.keys(manifest.dependencies)) {
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name), "dir");
    }
    const main = join(copy, "dist", "cli", "main.js");
    for (const [client, name] of [
      ["openai-responses-ws", "openai"],
      ["openai-agents", "@openai/agents"],
    ] as const) {
      const finished = await place.run(["run", "--client", client, "--quiet"], { main });
      expect(
        missingIn(refusalOf(finished, "HARNESS_MISSING_PACKAGE"), [`${client} needs`, `npm install ${name}\n`]),
      ).toEqual([]);
    }
  });
});

describe("a place that cannot be written", () => {
  it.concurrent.for(["file", "file/below"])("is refused as --out %s before anything is run", async (out, context) => {
    const place = workplaceOf(context);
    writeFileSync(join(place.directory, "file"), "mine");
    const finished = await place.run(["run", "--out", out]);
    expect(
      missingIn(refusalOf(finished, "HARNESS_UNWRITABLE_FILE"), [
        `${place.directory}/${out}`,
        "Choose another folder with --out",
      ]),
    ).toEqual([]);
    expect(place.read("file")).toBe("mine");
  });

  it.concurrent("is refused as a reporter's file, and the results stay in the run's folder", async (context) => {
    const place = workplaceOf(context);
    const finished = await place.run(["run", "fin-mid-text", "--quiet", "--reporter", "json=gone/report.json"]);
    expect(missingIn(refusalOf(finished, "HARNESS_UNWRITABLE_FILE"), ["gone/report.json"])).toEqual([]);
    expect(JSON.parse(place.read(".cutwire/latest/report.json"))).toMatchObject({ exitCode: 0 });
  });
});
