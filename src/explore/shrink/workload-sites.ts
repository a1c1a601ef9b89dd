import type { Plan } from "../../plan/plan.ts";
import type { JsonPath } from "./edits.ts";
import { numberSites, optionalNumberSite, optionalSite, type Site, textSites } from "./sites.ts";

type Turn = Plan["workload"]["sessions"][number]["turns"][number];
type Step = Turn["script"]["steps"][number];
type Call = NonNullable<Step["calls"]>[number];

/**
 * So much of a tool's time is left, in ms: a fault that strikes while it runs has to come to the client meanwhile. Virtual
 * time needs none for that, and real sockets do.
 */
const TOOL_MS_KEPT = 20;

/** What could be simpler about what the sessions are asked and what the model says. */
export function sitesOfWorkload({ workload }: Plan): readonly Site[] {
  return workload.sessions.flatMap(({ turns }, session) =>
    turns.flatMap((turn, index) => sitesOfTurn(turn, ["workload", "sessions", session, "turns", index])),
  );
}

function sitesOfTurn({ userText, script }: Turn, path: JsonPath): readonly Site[] {
  return [
    ...textSites([...path, "userText"], userText),
    ...script.steps.flatMap((step, index) => sitesOfStep(step, [...path, "script", "steps", index])),
  ];
}

function sitesOfStep(step: Step, path: JsonPath): readonly Site[] {
  const { calls = [], deltas, deltaGapMs, text } = step;
  const optional = ["reasoning", "interleaved", "ending"].filter((name) => Object.hasOwn(step, name));
  return [
    ...optional.map((name) => optionalSite([...path, name])),
    ...(text === undefined ? [] : textSites([...path, "text"], text)),
    ...(deltas === undefined ? [] : numberSites([...path, "deltas"], deltas, 1)),
    ...(deltaGapMs === undefined ? [] : [optionalNumberSite([...path, "deltaGapMs"], deltaGapMs)]),
    ...calls.flatMap((call, index) => sitesOfCall(call, [...path, "calls", index])),
  ];
}

function sitesOfCall({ name, arguments: given, toolDurationMs }: Call, path: JsonPath): readonly Site[] {
  const members = Object.keys(given ?? {}).map((key): JsonPath => [...path, "arguments", key]);
  return [
    ...(name === undefined ? [] : [optionalSite([...path, "name"])]),
    ...(given === undefined
      ? []
      : [
          {
            simplest: { path: [...path, "arguments"], leaveOut: true as const },
            between: members.length < 2 ? [] : members.map((member) => ({ path: member, leaveOut: true as const })),
          },
        ]),
    ...(toolDurationMs === undefined ? [] : numberSites([...path, "toolDurationMs"], toolDurationMs, TOOL_MS_KEPT)),
  ];
}
