import assert from "node:assert/strict";

import { checkHistory, type CheckInput } from "../check/check-history.ts";
import { type CheckContext, type Checker, notExercised } from "../check/checker.ts";
import type { Finding } from "../check/verdict.ts";
import { messageOf } from "../errors.ts";
import { decodeHistory, encodeEvent } from "../history/history-codec.ts";
import { type Clause, describeClauses } from "./clause.ts";
import { distorted, sampleRecords, type SampleRecord } from "./sample-records.ts";

/** A checker, and histories of its own that it is judged on besides those of the suite, with what it says of them. */
export type CheckerSubject = {
  readonly checker: Checker;
  readonly examples?: readonly { readonly input: CheckInput; readonly outcome: Finding["outcome"] }[];
};

const CLAUSE_MS_MAX = 120_000;
const OUTCOMES: readonly string[] = ["holds", "violated", "unknown", "not-exercised"];

const contexts = new Map<CheckInput, CheckContext>();

/** What a checker would be given of a history; put together once for all checkers. */
function contextOf(input: CheckInput): CheckContext {
  const known = contexts.get(input);
  if (known !== undefined) return known;
  let seen: CheckContext | undefined;
  const onlooker: Checker = {
    name: "onlooker",
    rule: "INV-00",
    claim: "",
    evidence: "",
    undecided: "",
    source: "",
    advice: "",
    check(context) {
      seen = context;
      return notExercised("it only looks");
    },
  };
  checkHistory(input, [onlooker]);
  assert.ok(seen !== undefined, "the engine called no checker");
  contexts.set(input, seen);
  return seen;
}

let variants: Promise<readonly SampleRecord[]> | undefined;

async function allVariants(): Promise<readonly SampleRecord[]> {
  variants ??= sampleRecords().then((records) => records.flatMap(distorted));
  return await variants;
}

function checkFinding({ outcome, message, evidence }: Finding, { history }: CheckInput): void {
  assert.ok(OUTCOMES.includes(outcome), `"${outcome}" is no outcome`);
  assert.notEqual(message.trim(), "", "it says nothing");
  const sequences = new Set(history.map(({ sequence }) => sequence));
  for (const sequence of evidence) assert.ok(sequences.has(sequence), `there is no event ${sequence} to be evidence`);
  const ordered = [...new Set(evidence)].toSorted((left, right) => left - right);
  assert.deepEqual(evidence, ordered, "the evidence is not in order, each event once");
  if (outcome === "violated") assert.ok(evidence.length > 0, "it is violated, and no event shows it");
  if (outcome === "not-exercised") assert.deepEqual(evidence, [], "nothing was judged, and yet there is evidence");
}

/** Judges each history, and says of which one it was that something is wrong. */
function judgeEach(records: readonly SampleRecord[], judge: (input: CheckInput) => void): void {
  for (const { name, input } of records) {
    try {
      judge(input);
    } catch (error) {
      throw new Error(`${name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** What every checker owes to whoever reads its verdicts. */
export const CHECKER_CONTRACT: readonly Clause<CheckerSubject>[] = [
  {
    title: "says what it asks, when it cannot tell, where the rule is from and what to look at",
    holds({ checker }) {
      assert.match(checker.name, /^[a-z]+(-[a-z0-9]+)*$/);
      assert.match(checker.rule, /^(INV-\d\d|B\d)$/);
      for (const member of ["claim", "evidence", "undecided", "source", "advice"] as const) {
        assert.notEqual(checker[member].trim(), "", `its ${member} is empty`);
      }
    },
  },
  {
    title: "has nothing to judge in an empty history",
    timeoutMs: CLAUSE_MS_MAX,
    async holds({ checker }) {
      for (const { input } of await sampleRecords()) {
        const { outcome } = checker.check(contextOf({ ...input, history: [] }));
        assert.ok(outcome === "not-exercised" || outcome === "unknown", `it is ${outcome}, and nothing happened`);
      }
    },
  },
  {
    title: "judges real runs, with evidence out of their histories",
    timeoutMs: CLAUSE_MS_MAX,
    async holds({ checker, examples = [] }) {
      const records = await sampleRecords();
      judgeEach(records, (input) => checkFinding(checker.check(contextOf(input)), input));
      for (const { input, outcome } of examples) {
        const finding = checker.check(contextOf(input));
        checkFinding(finding, input);
        assert.equal(finding.outcome, outcome, finding.message);
      }
    },
  },
  {
    title: "fails at no history, however much of it is missing or out of order",
    timeoutMs: CLAUSE_MS_MAX,
    async holds({ checker }) {
      judgeEach(await allVariants(), (input) => checkFinding(checker.check(contextOf(input)), input));
    },
  },
  {
    title: "says the same of the same history twice, and changes nothing in it",
    timeoutMs: CLAUSE_MS_MAX,
    async holds({ checker }) {
      judgeEach(await sampleRecords(), (input) => {
        const first = checker.check(contextOf(input));
        assert.deepEqual(checker.check(contextOf(input)), first);
        const copy = frozen(structuredClone(input));
        assert.deepEqual(checker.check(contextOf(copy)), first);
        contexts.delete(copy);
      });
    },
  },
  {
    title: "says of a stored history what it said of the run",
    timeoutMs: CLAUSE_MS_MAX,
    async holds({ checker }) {
      judgeEach(await sampleRecords(), (input) => {
        const text = input.history.map((event) => `${encodeEvent(event)}\n`).join("");
        const stored = { ...input, history: decodeHistory(text, "the stored history") };
        assert.deepEqual(checkHistory(stored, [checker]), checkHistory(input, [checker]));
      });
    },
  },
  {
    title: "is told with its own name, rule and advice",
    timeoutMs: CLAUSE_MS_MAX,
    async holds({ checker }) {
      judgeEach(await sampleRecords(), (input) => {
        const [verdict, ...more] = checkHistory(input, [checker]);
        assert.equal(more.length, 0);
        assert.deepEqual(
          [verdict?.checker, verdict?.rule, verdict?.advice],
          [checker.name, checker.rule, checker.advice],
        );
      });
    },
  },
];

/**
 * Declares the contract of checkers for one of them. It is judged on histories of real runs, which are made once, and on
 * what may become of them; `examples` should hold one history for each outcome that it can have.
 *
 * @example describeChecker(callRunsOnce, { examples: [{ input: doubleEffect, outcome: "violated" }] });
 */
export function describeChecker(checker: Checker, options: Pick<CheckerSubject, "examples"> = {}): void {
  describeClauses(`the checker "${checker.name}"`, CHECKER_CONTRACT, () => ({ ...options, checker }));
}
