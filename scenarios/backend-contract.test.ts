import { createHarness } from "cutwire";
import { BACKEND_CONTRACT, type BackendSubject, describeBackend, findBreaches } from "cutwire/contracts";
import { describe, expect, it } from "vitest";

const { backends } = createHarness();

/**
 * Judged elsewhere: the simulation has to be prepared before anything loads ws, containers need Docker, and an external
 * Toxiproxy has to run.
 */
const NOT_HERE: readonly string[] = ["simulation", "container", "external"];

for (const [name, backend] of backends) if (!NOT_HERE.includes(name)) describeBackend(name, () => backend);

describe("the contract of backends", () => {
  const backend = backends.get("embedded");
  if (backend === undefined) throw new Error("there is no embedded backend");

  /** The clauses with these words that a backend breaks, and how. */
  async function breachesOf(words: string, subject: BackendSubject): Promise<readonly string[]> {
    const clauses = BACKEND_CONTRACT.filter(({ title }) => title.includes(words));
    expect(clauses.length).toBeGreaterThan(0);
    return (await findBreaches(clauses, () => subject)).map(({ why }) => why.split("\n")[0] ?? "");
  }

  it("is kept by one that can do nothing: each fault is refused by name, and it is never opened", async () => {
    const open: typeof backend.open = async () => await Promise.reject(new Error("it was opened"));
    const none = { ...backend, name: "none", capabilities: new Set<never>(), open };
    expect(await breachesOf("refuses it by name", { backend: none })).toEqual([]);
  });

  it("is broken where a fault is not refused, or not by name", async () => {
    const run = async (): Promise<never> => await Promise.reject(new Error("cannot do that"));
    expect(await breachesOf("never asked for what it does not claim", { backend, run })).toEqual([
      "Error: cannot do that",
    ]);
  });

  it("is broken by one that says it cuts, and does not", async () => {
    const idle: typeof backend = {
      ...backend,
      capabilities: new Set(["cut-fin"]),
      async open(context) {
        const opened = await backend.open(context);
        const cut = async (): Promise<{ undo(): Promise<void> }> => ({ undo: async () => undefined });
        return { ...opened, wires: opened.wires.map((wire) => ({ ...wire, cut })) };
      },
    };
    expect(await breachesOf(": cut fin", { backend: idle })).toEqual([
      "messages went on to come on the connection that was struck",
    ]);
  });

  it("is broken by one that leaves a wire behind", async () => {
    const closers: (() => Promise<void>)[] = [];
    const leaky: typeof backend = {
      ...backend,
      async open(context) {
        const opened = await backend.open(context);
        closers.push(async () => await opened.close());
        return { ...opened, close: async () => undefined };
      },
    };
    const breaches = await breachesOf("is closed with a run that is interrupted", { backend: leaky });
    for (const close of closers) await close();
    expect(breaches).toEqual([expect.stringContaining("something still answers at http://127.0.0.1:")]);
  });

  it("is broken by one that claims what no sample knows", async () => {
    const unknown = { ...backend, capabilities: new Set([...backend.capabilities, "teleport"]) } as typeof backend;
    expect(await breachesOf("says what it can do", { backend: unknown })).toEqual(["no sample needs teleport"]);
  });
});
