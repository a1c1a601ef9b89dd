import { decodeHistory, type Plan } from "cutwire";
import { describe, expect, it } from "vitest";

import { workplaceOf, planOf, type Workplace } from "./cutwire-command.test-support.ts";

/** The parts of a client that go wrong, and how long it promises to take for anything: 2 s where absent. */
type ClientParts = {
  readonly open?: string;
  readonly runTurn?: string;
  readonly close?: string;
  readonly patienceMs?: number;
};

function clientThat(parts: ClientParts): string {
  const { open = "", runTurn = "await new Promise(() => {});", close = "", patienceMs = 2_000 } = parts;
  return `
    import net from "node:net";
    const never = () => new Promise(() => {});
    export const client = {
      name: "mine",
      contract: { recoveryDeadlineMs: ${patienceMs / 2}, idleDeadlineMs: ${patienceMs / 2} },
      async open(context) {
        const { port } = new URL(context.baseUrl);
        ${open}
        return {
          async runTurn(userText, { signal }) { ${runTurn} },
          async close() { ${close} },
        };
      },
    };`;
}

/** Longer than a machine under load takes for anything that is not the client's doing. */
const PATIENT_MS = 20_000;

/** What a run that reached a limit in its first turn comes to. */
const UNDECIDED = { "INV-23": "unknown", "INV-24": "unknown", "INV-42": "unknown" };

type Judged = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What is not as it should be, by rule. */
  readonly open: Readonly<Record<string, string>>;
  readonly text: string;
};

/** Runs a client of one's own for a greeting without faults. */
async function judge(place: Workplace, source: string, limits: Partial<Plan["limits"]> = {}): Promise<Judged> {
  place.write("package.json", { type: "module" });
  place.write("mine.js", source);
  place.write("plan.json", planOf({ limits }));
  const { code, stdout, stderr } = await place.run(["run", "plan.json", "--client", "./mine.js", "--confirm", "0"]);
  expect(stderr).toMatch(/^1\/1 plan: (violated|undecided)\n$/);
  const report = JSON.parse(place.read(".cutwire/latest/report.json")) as {
    readonly scenarios: readonly { readonly verdicts: readonly { rule: string; outcome: string; message: string }[] }[];
  };
  const verdicts = report.scenarios[0]?.verdicts ?? [];
  const bad = verdicts.filter(({ outcome }) => outcome === "violated" || outcome === "unknown");
  const history = decodeHistory(place.read(".cutwire/latest/plan/history.jsonl"), "history.jsonl");
  expect(history.at(-1)?.kind).toBe("run-ended");
  return {
    code,
    stdout,
    stderr,
    open: Object.fromEntries(bad.map(({ rule, outcome }) => [rule, outcome])),
    text: bad.map(({ rule, message }) => `${rule}: ${message}`).join("\n"),
  };
}

describe("a client that never answers", () => {
  it.concurrent.for([
    { does: "never connects", source: clientThat({}) },
    { does: "loops for ever in a turn", source: clientThat({ runTurn: "for (;;) {}" }) },
    { does: "does not let itself be closed", source: clientThat({ close: "await never();" }) },
  ])("is judged where it $does: the turn was overdue, and nothing more could be asked", async ({ source }, context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, source);
    expect({ code, open }).toEqual({ code: 1, open: { "INV-23": "violated", "INV-24": "violated" } });
    expect(text).toContain("INV-23: session 0: turn 0 was still open 2000 ms after the last disturbance");
    expect(text).toContain("INV-24: session 0: the client never came back from turn 0");
  });

  it.concurrent("is judged where it never opens its session", async (context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, clientThat({ open: "await never();" }));
    expect({ code, open }).toEqual({ code: 1, open: { "INV-24": "violated" } });
    expect(text).toContain("session 0 is not open");
  });

  it.concurrent("is undecided where nothing was begun before the plan's own time was over", async (context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, clientThat({}), { runMs: 1 });
    expect({ code, open }).toEqual({ code: 2, open: { "INV-42": "unknown" } });
    expect(text).toContain("nothing wrong was seen, but the run reached its limit runMs (1)");
  });

  it.concurrent("is undecided where the plan's own time was over before its deadline", async (context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, clientThat({ patienceMs: PATIENT_MS }), { runMs: 2_000 });
    expect({ code, open }).toEqual({ code: 2, open: UNDECIDED });
    expect(text).toContain("the run reached its limit runMs (2000)");
  });
});

describe("a client whose process ends", () => {
  it.concurrent.for([
    {
      does: "leaves in the middle of a turn",
      source: clientThat({ runTurn: "process.exit(7);" }),
      how: "ended with code 7",
    },
    {
      does: "throws from a timer",
      source: clientThat({ runTurn: 'setTimeout(() => { throw new Error("late"); }, 10); await never();' }),
      how: "ended with code 1; it printed: Error: late",
    },
    {
      does: "leaves a rejection to nobody",
      source: clientThat({ runTurn: 'void Promise.reject(new TypeError("lost")); await never();' }),
      how: "ended with code 1; it printed: TypeError: lost",
    },
    {
      does: "is killed",
      source: clientThat({ runTurn: 'process.kill(process.pid, "SIGKILL");' }),
      how: "ended by SIGKILL",
    },
    {
      does: "leaves while its session opens",
      source: clientThat({ open: "process.exit(9);" }),
      how: "ended with code 9",
    },
  ])("is convicted where it $does", async ({ source, how }, context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, source);
    expect(code).toBe(1);
    expect(open).toMatchObject({ "INV-42": "violated" });
    expect(text).toContain(`INV-42: the client's process ${how}`);
  });

  it.concurrent("is convicted where it eats all its memory", async (context) => {
    const place = workplaceOf(context);
    const eat = "const all = []; for (;;) { all.push(new Array(1e6).fill(Math.random())); }";
    const { code, open } = await judge(place, clientThat({ runTurn: eat, patienceMs: PATIENT_MS }));
    expect(code).toBe(1);
    expect(open).toMatchObject({ "INV-42": "violated", "INV-23": "violated", "INV-24": "violated" });
  });
});

const DIAL =
  'await new Promise((r) => { net.connect(port, "127.0.0.1", function () { this.destroy(); }).on("close", r).on("error", r); });';
const UPGRADE = [
  "GET /v1/responses HTTP/1.1",
  "Host: localhost",
  "Authorization: Bearer cutwire-0",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]
  .map((line) => `${line}\\r\\n`)
  .join("")
  .concat("\\r\\n");

describe("a client that floods", () => {
  it.concurrent.for([
    {
      does: "dials without a pause",
      runTurn: `for (;;) ${DIAL}`,
      limits: { eventsMax: 300 },
      limit: "eventsMax (300)",
    },
    {
      does: "sends bytes without end",
      runTurn: `
        const flood = () => {
          const s = net.connect(port, "127.0.0.1", () => s.write("${UPGRADE}"));
          const more = () => { while (s.writable && s.write(Buffer.alloc(65536, 0x82))); };
          s.on("error", () => {}).on("drain", more).once("data", more).on("close", flood);
        };
        flood();
        await never();`,
      limits: { bytesMax: 50_000 },
      limit: "bytesMax (50000)",
    },
    {
      does: "reports without end",
      runTurn: 'for (;;) { context.report({ kind: "text", text: "x" }); await new Promise(setImmediate); }',
      limits: { eventsMax: 300 },
      limit: "eventsMax (300)",
    },
  ])("is stopped at the plan's limit where it $does", async ({ runTurn, limits, limit }, context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, clientThat({ runTurn, patienceMs: PATIENT_MS }), limits);
    expect(code).toBe(2);
    expect(open).toMatchObject(UNDECIDED);
    expect(text).toContain(`the run reached its limit ${limit}: either the client floods, or the plan needs a higher`);
  });

  it.concurrent("is heard up to a bound where it prints without end", async (context) => {
    const place = workplaceOf(context);
    const print = 'const line = "x".repeat(1000) + "\\n"; for (let i = 0; i < 2000; i += 1) console.log(line);';
    const { code } = await judge(
      place,
      clientThat({ runTurn: `${print} return { outcome: "failed", cause: "no" };`, patienceMs: PATIENT_MS }),
    );
    expect(code).toBe(1);
    expect(place.read(".cutwire/latest/plan/history.jsonl").length).toBeLessThan(200_000);
  });
});

describe("a client that answers nonsense", () => {
  it.concurrent.for([
    { answers: "nothing", runTurn: "", cause: "runTurn answered undefined" },
    { answers: "null", runTurn: "return null;", cause: "runTurn answered null" },
    { answers: "a text", runTurn: 'return "done";', cause: "runTurn answered 'done'" },
    {
      answers: "an outcome of its own",
      runTurn: 'return { outcome: "great" };',
      cause: "runTurn answered { outcome: 'great' }",
    },
    { answers: "an error", runTurn: 'throw new Error("no idea");', cause: "runTurn threw: no idea" },
    { answers: "no error", runTurn: "throw undefined;", cause: "runTurn threw: undefined" },
    {
      answers: "that it is done, which it is not",
      runTurn: 'return { outcome: "completed", text: 1n };',
      rule: "INV-22",
    },
    { answers: "a failure without a cause", runTurn: 'return { outcome: "failed" };', rule: "INV-23" },
  ])("is convicted where its turn answers $answers", async ({ runTurn, cause, rule = "INV-24" }, context) => {
    const place = workplaceOf(context);
    const { code, open, text } = await judge(place, clientThat({ runTurn, patienceMs: PATIENT_MS }));
    expect(code).toBe(1);
    expect(open).toMatchObject({ [rule]: "violated" });
    expect(text).toContain(cause ?? rule);
  });

  it.concurrent.for(["undefined", "null", '"text"', "{}", '{ kind: "turn-ended", source: "harness" }'])(
    "is told so where it reports %s",
    async (event, context) => {
      const place = workplaceOf(context);
      const { code, text } = await judge(
        place,
        clientThat({ runTurn: `context.report(${event});`, patienceMs: PATIENT_MS }),
      );
      expect(code).toBe(1);
      expect(text).toContain("runTurn threw: report takes");
    },
  );

  it.concurrent("finds no channel to the harness that it could speak on", async (context) => {
    const place = workplaceOf(context);
    const answer = 'return { outcome: "failed", cause: String(typeof process.send) };';
    const source = `process.send?.("ready"); process.send?.(null);${clientThat({ runTurn: answer })}`;
    const { code, text } = await judge(place, source);
    expect(code).toBe(1);
    expect(text).toBe("INV-24: session 0: the probe turn failed: undefined");
  });
});

describe("a client that leaves virtual time", () => {
  it("is refused with the name of what left and the place, and with nothing else", async (context) => {
    const place = workplaceOf(context);
    place.write("package.json", { type: "module" });
    place.write("mine.js", clientThat({ runTurn: `await (await import("node:fs/promises")).readFile("mine.js");` }));
    const args = ["run", "--backend", "simulation", "--client", "./mine.js", "--quiet"];
    const { code, stderr } = await place.run([...args, "cut-after-call-done", "rst-mid-text"]);
    expect(stderr).toMatch(/^The client cannot be simulated: /);
    expect(stderr).toMatch(/mine\.js:\d+:\d+\)\n/);
    expect(stderr).toMatch(/\nUse --backend embedded for this client\.\n\(HARNESS_SIMULATION_ESCAPED\)\n$/);
    expect(code).toBe(3);
  });

  it.for(["run cut-after-call-done", "explore --runs 4 --unit-size 2", "sweep"])(
    "is refused, and not convicted of waiting, where it uses Node's own fetch: cutwire %s",
    async (command, context) => {
      const place = workplaceOf(context);
      place.write("package.json", { type: "module" });
      place.write("mine.js", clientThat({ runTurn: "await fetch(context.baseUrl);" }));
      const args = [...command.split(" "), "--backend", "simulation", "--client", "./mine.js", "--quiet"];
      const { code, stdout, stderr } = await place.run(args);
      expect(stdout).toBe("");
      expect(stderr).toMatch(
        /The client cannot be simulated: a network client of Node's own.* \(fetch\) leaves virtual time/,
      );
      expect(stderr).toMatch(/started here:\n +at .*mine\.js:\d+:\d+\)\n/);
      expect(code).toBe(3);
    },
  );
});
