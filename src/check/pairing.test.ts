import { describe, expect, it } from "vitest";

import type { Item } from "../protocol/items.ts";
import { pairingProblems } from "./pairing.ts";

const call = (id: string, kind = "function_call"): Item => ({ type: kind, call_id: id });
const output = (id: string, kind = "function_call"): Item => ({ type: `${kind}_output`, call_id: id });
const message = (id: string): Item => ({ type: "message", role: "assistant", content: "", id });

function problemsOf(items: readonly Item[], timesMade = 1): readonly string[] {
  return pairingProblems(items, () => timesMade).map(({ kind, id }) => `${kind} ${id}`);
}

describe("pairing", () => {
  it.each<[what: string, items: readonly Item[]]>([
    ["no items", []],
    ["parallel calls, answered in another order", [call("a"), call("b"), output("b"), output("a")]],
    [
      "calls of several kinds with one id",
      [call("a"), call("a", "shell_call"), output("a", "shell_call"), output("a")],
    ],
    ["a call that the server answered itself, without an id of its own", [{ type: "web_search_call", id: "ws_1" }]],
    ["a reference to an item that stands there", [message("m"), { type: "item_reference", id: "m" }]],
  ])("is fine for %s", (_what, items) => {
    expect(problemsOf(items)).toEqual([]);
  });

  it.each<[problem: string, items: readonly Item[]]>([
    ["open-call b", [call("a"), call("b"), output("a")]],
    ["orphan-output a", [output("a")]],
    ["second-output a", [call("a"), output("a"), output("a")]],
    ["second-call a", [call("a"), output("a"), call("a"), output("a")]],
    ["second-item m", [message("m"), message("m")]],
    ["orphan-output a", [call("b", "shell_call"), output("b", "shell_call"), output("a", "shell_call")]],
  ])("finds %s", (problem, items) => {
    expect(problemsOf(items)[0]).toBe(problem);
  });

  it("counts an id that was given to two calls as two, and one that nobody made as any number", () => {
    const twice = [call("a"), output("a"), call("a"), output("a")];
    expect(problemsOf(twice, 2)).toEqual([]);
    expect(problemsOf(twice, 0)).toEqual([]);
    expect(problemsOf([...twice, call("a")], 2)).toEqual(["second-call a"]);
  });

  it("gives the first problem of each kind", () => {
    const items = [call("a"), call("b/c"), output("x"), output("y"), message("m"), message("m")];
    expect(problemsOf(items)).toEqual(["orphan-output x", "second-item m", "open-call a"]);
  });
});
