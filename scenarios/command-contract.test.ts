import { describe, expect, it } from "vitest";

import { planOf, workplaceOf } from "./cutwire-command.test-support.ts";

describe("cutwire run --contract", () => {
  it.concurrent("holds a client to a file, and to a preset, and stores what it was held to", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({}));
    place.write("promise.json", { idleDeadlineMs: 1_234 });
    const contractOf = async (chosen: string): Promise<unknown> => {
      const { code, stderr } = await place.run([
        "run",
        "plan.json",
        "--contract",
        chosen,
        "--quiet",
        "--reporter",
        "json",
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const stored = JSON.parse(place.read(".cutwire/latest/plan/result.json")) as { readonly contract: unknown };
      return stored.contract;
    };
    expect(await contractOf("promise.json")).toMatchObject({ idleDeadlineMs: 1_234, recoveryDeadlineMs: 3_000 });
    expect(await contractOf("openai-node")).toMatchObject({ backoff: { baseMs: 500, jitter: { from: 0.75, to: 1 } } });
  });

  it.concurrent.for([
    {
      what: "a promise out of bounds, and one that nobody knows",
      content: { idleDeadlineMs: -1, backoff: { baseMs: "quick" }, speed: 2 },
      code: "HARNESS_INVALID_CONTRACT",
      says: ["contract.json is not a contract", "  idleDeadlineMs: ", "  backoff.baseMs: ", "speed"],
    },
    { what: "no JSON", content: "{", code: "HARNESS_UNREADABLE_FILE", says: ["contract.json:1:2 is not JSON"] },
  ])("refuses a file with $what, with each path in it", async ({ content, code, says }, context) => {
    const place = workplaceOf(context);
    place.write("contract.json", content);
    const refused = await place.run(["run", "--contract", "contract.json"]);
    expect(refused).toMatchObject({ code: 3, stdout: "" });
    for (const part of [...says, `(${code})`]) expect(refused.stderr).toContain(part);
    expect(place.strays()).toEqual([]);
  });

  it.concurrent("refuses a preset that nobody knows, and a file that is not there", async (context) => {
    const place = workplaceOf(context);
    const unknown = await place.run(["run", "--contract", "codx"]);
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('no contract preset named "codx"');
    expect(unknown.stderr).toContain("codex, openai-node, openai-python, openai-agents-js, openai-agents-python");
    const missing = await place.run(["run", "--contract", "./none.json"]);
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.stderr).toContain("none.json cannot be read: there is no such file");
  });

  it.concurrent("refuses promises that contradict what the client says of itself", async (context) => {
    const place = workplaceOf(context);
    place.write("plan.json", planOf({}));
    place.write("contract.json", { progressDeadlineMs: 100 });
    const refused = await place.run(["run", "plan.json", "--contract", "contract.json"]);
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.stderr).toContain("progressDeadlineMs: must not be less than idleDeadlineMs");
  });

  it.concurrent("judges a stored failure again by other promises", async (context) => {
    const place = workplaceOf(context);
    const found = await place.run([
      "run",
      "reject-503-with-retry-after",
      "--client",
      "planted:M35",
      "--confirm",
      "0",
      "--quiet",
    ]);
    expect(found.code).toBe(1);
    const file = ".cutwire/latest/reject-503-with-retry-after/reproduction.json";
    const again = await place.run(["replay", file, "--confirm", "0", "--contract", "openai-node", "--out", "again"]);
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining("INV-35: violated in 1 of 1") });
    const stored = JSON.parse(place.read("again/latest/run-0/result.json")) as { readonly contract: unknown };
    expect(stored.contract).toMatchObject({ backoff: { capMs: 8_000 } });
  });
});
