import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Scenario } from "cutwire";
import { describe, expect, it } from "vitest";

import { workplaceOf } from "./cutwire-command.test-support.ts";

const WHOLE_HISTORY = fileURLToPath(new URL("../examples/my-client/my-client.js", import.meta.url));
const ONE_SHOT = fileURLToPath(new URL("./clients/one-shot.js", import.meta.url));

function scenarioNamed(name: string): Scenario {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8")) as Scenario;
}

describe("a scenario that is not for a client", () => {
  it.concurrent("is told with its reason, counts as nothing, and leaves the rest as it is", async (context) => {
    const place = workplaceOf(context);
    const args = ["run", "previous-response-refused", "fin-mid-text", "--client", WHOLE_HISTORY];
    const { code, stdout } = await place.run([...args, "--reporter", "console", "--reporter", "junit=results.xml"]);
    expect(stdout).toMatch(/^previous-response-refused +not exercised +0 hold, \d+ unknown +0 of 2 fired/m);
    expect(stdout).toContain(
      "not for this client: it had 4 chances to name the response before by its id, and took none",
    );
    expect(stdout).toMatch(/2 scenarios: 1 as expected, 1 not exercised in/);
    expect(code).toBe(0);
    expect(place.read("results.xml")).toContain('failures="0" errors="0" skipped="1"');
    const { scenarios } = JSON.parse(place.read(".cutwire/latest/report.json")) as {
      readonly scenarios: readonly { readonly verdicts: readonly { readonly outcome: string }[] }[];
    };
    expect(scenarios[0]?.verdicts.map(({ outcome }) => outcome)).not.toContain("holds");
  });

  it.concurrent("proves nothing by itself: a suite of nothing else ends with 2", async (context) => {
    const place = workplaceOf(context);
    const names = ["late-end-of-an-earlier-turn", "reject-dials-503-twice", "reject-503-with-retry-after"];
    const { code, stdout } = await place.run(["run", ...names, "--client", ONE_SHOT]);
    expect(stdout).toContain("it had 2 chances to use a connection for another turn, and took none");
    expect(stdout).toContain("it had one chance to try again behind a failed attempt, and took none");
    expect(stdout).toMatch(/3 scenarios: 0 as expected, 3 not exercised in/);
    expect(code).toBe(2);
  });

  it.concurrent.for([
    { what: "nothing says that it needs the habit", requires: undefined, client: WHOLE_HISTORY },
    { what: "another habit is what it needs", requires: ["leaves-connection-open"] as const, client: WHOLE_HISTORY },
    { what: "the client has the habit", requires: ["continues-by-id"] as const, client: "reference" },
  ])("stays undecided where a fault did not fire, and $what", async ({ requires, client }, context) => {
    const place = workplaceOf(context);
    const { requires: _requires, ...scenario } = scenarioNamed("previous-response-refused");
    const [fault] = scenario.plan.faults;
    if (fault === undefined) throw new Error("the scenario has faults");
    // For a client that does chain, the fault waits for a dial that never comes.
    const at = { kind: "point", point: "P0", occurrence: client === "reference" ? 9 : 1 } as const;
    const plan = { ...scenario.plan, faults: [{ ...fault, when: { place: { session: 0 }, at } }] };
    place.write("mine.json", { ...scenario, plan, ...(requires === undefined ? {} : { requires }) });
    const { code, stdout } = await place.run(["run", "mine.json", "--client", client, "--confirm", "0"]);
    expect(stdout).toMatch(/^previous-response-refused +undecided /m);
    expect(code).toBe(2);
  });

  it.concurrent("is violated all the same where a promise is broken without the fault", async (context) => {
    const place = workplaceOf(context);
    const { code, stdout } = await place.run([
      "run",
      "close-1011-behind-each-open",
      "--client",
      ONE_SHOT,
      "--confirm",
      "0",
    ]);
    expect(stdout).toMatch(/^close-1011-behind-each-open +violated .* 1 of 4 fired/m);
    expect(code).toBe(1);
  });

  it.concurrent("names its need by a word that is known, or is refused", async (context) => {
    const place = workplaceOf(context);
    place.write("mine.json", { ...scenarioNamed("fin-mid-text"), requires: ["patience"] });
    const { code, stderr } = await place.run(["run", "mine.json"]);
    expect(stderr).toContain("requires[0]: ");
    expect(code).toBe(3);
  });
});
