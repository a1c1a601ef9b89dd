import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { JsonObject } from "../protocol/json.ts";
import { type Journal, openFileJournal, type TurnResult } from "./index.ts";
import { type Answer, respond, startScriptedServer } from "./scripted-server.test-support.ts";
import { openTestSession, type TestSession } from "./session-fixture.test-support.ts";

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
  path = join(folder, "session.jsonl");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The journal of a process that is killed at the moment that `isReached` names. */
async function killWhen(answers: readonly Answer[], isReached: (client: TestSession) => boolean): Promise<void> {
  const server = await startScriptedServer({ answers });
  const journal = openFileJournal(join(folder, "killed.jsonl"));
  const perform = async (): Promise<string> => await new Promise(() => undefined);
  const client = openTestSession({ url: server.url, journal, perform });
  const turn = client.turn("book");
  await expect.poll(() => isReached(client), { interval: 1 }).toBe(true);
  copyFileSync(join(folder, "killed.jsonl"), path);
  await client.session.close();
  await turn;
  journal.close();
  await server.close();
}

/** Says something in a new process. */
async function resume(
  userText: string,
): Promise<{ result: TurnResult; client: TestSession; inputs: readonly JsonObject[][] }> {
  const journal = openFileJournal(path);
  const server = await startScriptedServer({ answers: [respond("resp_8", { text: "I see" })] });
  const client = openTestSession({ url: server.url, journal });
  const result = await client.turn(userText);
  await client.session.close();
  await server.close();
  journal.close();
  return { result, client, inputs: server.creates.map(({ input }) => [...input]) };
}

const askForTool = respond("resp_1", { calls: [{ id: "call_1", arguments: '{"seat":1}' }] });
const unknownCall = [
  { type: "message", content: "book" },
  { type: "function_call", call_id: "call_1", name: "perform", arguments: '{"seat":1}' },
  { type: "function_call_output", call_id: "call_1", output: expect.stringMatching(/^unknown: /) },
];

describe("a session that continues the journal of a killed process", () => {
  it("answers a call with unknown outcome as unknown and does not run it again", async () => {
    await killWhen([askForTool], ({ runs }) => runs.length === 1);
    const { result, client, inputs } = await resume("did it work?");
    expect(result).toEqual({ outcome: "completed", text: "I see" });
    expect(client.runs).toEqual([]);
    expect(inputs).toMatchObject([[...unknownCall, { type: "message", content: "did it work?" }]]);
  });

  it("goes on with the turn that was not ended, when the user says the same", async () => {
    await killWhen([askForTool], ({ runs }) => runs.length === 1);
    const { result, inputs } = await resume("book");
    expect(result).toEqual({ outcome: "completed", text: "I see" });
    expect(inputs).toMatchObject([unknownCall]);
  });

  it("gives the answer that had come when nobody was told, and asks anew afterwards", async () => {
    const journal = openFileJournal(path);
    const content = [{ type: "output_text", text: "booked" }];
    journal.append({ kind: "message", item: { type: "message", role: "user", content: "book" } });
    journal.append({ kind: "response", items: [{ type: "message", role: "assistant", content }] });
    journal.close();
    expect(await resume("book")).toMatchObject({ result: { outcome: "completed", text: "booked" }, inputs: [] });
    expect(await resume("book")).toMatchObject({ result: { text: "I see" }, inputs: [[{}, {}, { content: "book" }]] });
  });

  it("answers a call of which the intent was not noted as aborted", async () => {
    const call = { type: "function_call", call_id: "call_1", name: "perform", arguments: "{}" };
    const journal = openFileJournal(path);
    journal.append({ kind: "message", item: { type: "message", role: "user", content: "book" } });
    journal.append({ kind: "response", responseId: "resp_1", items: [call] });
    const server = await startScriptedServer({ answers: [respond("resp_2", { text: "ok" })] });
    const client = openTestSession({ url: server.url, journal });
    await client.turn("next");
    expect(server.creates[0]?.input[2]).toMatchObject({ output: expect.stringMatching(/^aborted: /) });
    await client.session.close();
    await server.close();
    journal.close();
  });

  it("answers a call that comes again from the journal", async () => {
    const server = await startScriptedServer({
      answers: [
        respond("resp_1", { calls: [{ id: "call_1" }] }),
        respond("resp_2", { text: "one" }),
        respond("resp_3", { calls: [{ id: "call_1" }] }),
        respond("resp_4", { text: "two" }),
      ],
    });
    for (const expected of ["one", "two"]) {
      const journal = openFileJournal(path);
      const client = openTestSession({ url: server.url, journal });
      expect(await client.turn("go")).toEqual({ outcome: "completed", text: expected });
      expect(client.runs).toHaveLength(expected === "one" ? 1 : 0);
      await client.session.close();
      journal.close();
    }
    expect(server.creates[3]?.input).toMatchObject([{ call_id: "call_1", output: "done {}" }]);
    await server.close();
  });
});

describe("a file journal", () => {
  it("has the intent on disk before the tool starts, and the output before it is sent", async () => {
    const seen: string[][] = [];
    const kinds = (): string[] =>
      readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => /"kind":"(\w+)"/.exec(line)?.[1] ?? "");
    const server = await startScriptedServer({
      answers: [
        respond("resp_1", { calls: [{ id: "call_1" }] }),
        (peer, create) => {
          seen.push(kinds());
          respond("resp_2", { text: "ok" })(peer, create);
        },
      ],
    });
    const journal = openFileJournal(path);
    const client = openTestSession({
      url: server.url,
      journal,
      async perform() {
        seen.push(kinds());
        return await Promise.resolve("ok");
      },
    });
    await client.turn("go");
    expect(seen).toEqual([
      ["message", "response", "intent"],
      ["message", "response", "intent", "output"],
    ]);
    await client.session.close();
    await server.close();
    journal.close();
  });

  it("cuts off a last line that a kill tore, and goes on behind the whole ones", () => {
    const entry = { kind: "output", callId: "call_1", output: "größer" } as const;
    const first = openFileJournal(path);
    first.append(entry);
    first.close();
    appendFileSync(path, '{"kind":"output","callId":"ca');
    const second: Journal = openFileJournal(path);
    expect(second.read()).toEqual([entry]);
    second.append({ ...entry, callId: "call_2" });
    second.close();
    const third = openFileJournal(path);
    expect(third.read()).toEqual([entry, { ...entry, callId: "call_2" }]);
    third.close();
    third.close();
  });

  it("refuses a file that is no journal, and a folder that is not there, by name", () => {
    appendFileSync(path, '{"kind":"nothing"}\n');
    expect(() => openFileJournal(path)).toThrow(expect.objectContaining({ code: "HARNESS_UNREADABLE_FILE" }));
    expect(() => openFileJournal(join(folder, "no", "file"))).toThrow(
      expect.objectContaining({ code: "HARNESS_UNWRITABLE_FILE" }),
    );
  });
});
