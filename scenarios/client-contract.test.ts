import { createHarness } from "cutwire";
import { CLIENT_CONTRACT, describeClient, findBreaches } from "cutwire/contracts";
import { describe, expect, it } from "vitest";

/** Its planted bug is to dial again by itself when a socket is dropped, and an abort drops one. */
const DIALS_BY_ITSELF = "planted:M25";

const { clients } = createHarness();
for (const [name, module] of clients) if (name !== DIALS_BY_ITSELF) describeClient(name, module);

describe("the contract of clients", () => {
  async function breachesOf(module: string): Promise<readonly string[]> {
    const breaches = await findBreaches(CLIENT_CONTRACT, () => ({ module }));
    return breaches.map(({ title }) => title.split(",")[0] ?? "");
  }

  it("is broken by a bug that leaves connections behind, and in nothing else by that one", async () => {
    expect(await breachesOf(clients.get(DIALS_BY_ITSELF) ?? "")).toEqual(["ends a turn that is aborted"]);
  });

  it("is broken by a client that hears nothing of what it is asked", async () => {
    expect(await breachesOf(new URL("clients/deaf.js", import.meta.url).href)).toEqual([
      "completes every turn on a clean wire",
      "runs each tool that the model asks for once",
      "shows its user what it answers",
      "breaks no rule on a clean wire",
      "ends a turn that is aborted",
    ]);
  });
});
