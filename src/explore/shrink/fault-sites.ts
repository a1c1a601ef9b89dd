import type { Fault, Heal, ScheduledFault } from "../../plan/fault.ts";
import { FaultSchema } from "../../plan/fault-catalogue.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Anchor, EventAnchor, Trigger } from "../../plan/trigger.ts";
import { type Edit, type JsonPath, withEdits } from "./edits.ts";
import { numberSites, optionalNumberSite, optionalSite, type Site } from "./sites.ts";

/**
 * Parameters that are names, or limits whose lower value is a harsher fault and no smaller one: 503 is not more of
 * anything than 500, and a line of 1 KB per second is not simpler than one of 100.
 */
const NO_AMOUNTS: ReadonlySet<string> = new Set(["code", "status", "close", "rate", "sizeBytes", "average_size"]);
/** Left out, these would say another thing, and not less. */
const NO_OPTIONS: ReadonlySet<string> = new Set(["status"]);

/** What could be simpler about the faults: their parameters, their places, and when they strike and heal. */
export function sitesOfFaults(plan: Plan): readonly Site[] {
  return plan.faults.flatMap((scheduled, index) => sitesOfFault(scheduled, ["faults", index], plan));
}

function sitesOfFault({ fault, when, heal }: ScheduledFault, path: JsonPath, plan: Plan): readonly Site[] {
  return [
    ...sitesOfPlace(when, [...path, "when", "place"], plan),
    ...(when.delayMs === undefined ? [] : [optionalNumberSite([...path, "when", "delayMs"], when.delayMs)]),
    ...sitesOfAnchor(when.at, [...path, "when", "at"]),
    ...sitesOfHeal(heal, [...path, "heal"]),
    ...sitesOfParameters(fault, [...path, "fault"]),
  ];
}

function sitesOfPlace({ place }: Trigger, path: JsonPath, { workload }: Plan): readonly Site[] {
  const optional = [
    ...(place.connection === undefined ? [] : ["connection"]),
    ...(place.lane === undefined ? [] : ["lane"]),
    ...(place.wire === "client" ? ["wire"] : []),
  ];
  const isOfAllOne = place.session === "all" && workload.sessions.length === 1;
  return [
    ...optional.map((name) => optionalSite([...path, name])),
    ...(isOfAllOne ? [{ simplest: { path: [...path, "session"], value: 0 }, between: [] }] : []),
  ];
}

function sitesOfAnchor(anchor: Anchor, path: JsonPath): readonly Site[] {
  switch (anchor.kind) {
    case "point":
      return numberSites([...path, "occurrence"], anchor.occurrence, 1);
    case "event":
      return sitesOfEvent(anchor, path);
    case "bytes":
      // The message decides, and the count of bytes does not hold for a smaller plan.
      return anchor.event === undefined
        ? numberSites([...path, "sizeBytes"], anchor.sizeBytes, 0)
        : [{ simplest: { path, value: anchor.event }, between: [] }];
  }
}

function sitesOfEvent({ occurrence, byteInFrame }: EventAnchor, path: JsonPath): readonly Site[] {
  return [
    ...numberSites([...path, "occurrence"], occurrence, 1),
    ...(byteInFrame === undefined ? [] : [optionalNumberSite([...path, "byteInFrame"], byteInFrame)]),
  ];
}

function sitesOfHeal(heal: Heal, path: JsonPath): readonly Site[] {
  // At once or as late as it was: the least time that is enough in virtual time is too short on a wall clock.
  if (heal.kind === "after")
    return heal.delayMs > 0 ? [{ simplest: { path: [...path, "delayMs"], value: 0 }, between: [] }] : [];
  return heal.kind === "at" ? sitesOfAnchor(heal.at, [...path, "at"]) : [];
}

/** What a kind of fault takes is its own business: whatever its shape still allows is simpler. */
function sitesOfParameters(fault: Fault, path: JsonPath): readonly Site[] {
  const isFault = (edit: Edit): boolean => FaultSchema.safeParse(withEdits(fault, [edit])).success;
  return membersOf(fault, []).flatMap(({ path: inner, name, value }): readonly Site[] => {
    const whole = [...path, ...inner];
    const mayGo = !NO_OPTIONS.has(name) && isFault({ path: inner, leaveOut: true });
    const isAmount = typeof value === "number" && !NO_AMOUNTS.has(name);
    if (mayGo) return [isAmount ? optionalNumberSite(whole, value) : optionalSite(whole)];
    const leasts = isAmount && value < 0 ? [-1, -2] : [0, 1, 2];
    const least = isAmount ? leasts.find((number) => isFault({ path: inner, value: number })) : undefined;
    return least === undefined || !isAmount ? [] : numberSites(whole, value, least);
  });
}

type Member = { readonly path: JsonPath; readonly name: string; readonly value: unknown };

/** The members of an object and of the objects in it, from the outside in. */
function membersOf(value: unknown, path: JsonPath): readonly Member[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const inner = [...path, name];
    return [{ path: inner, name, value: member }, ...membersOf(member, inner)];
  });
}
