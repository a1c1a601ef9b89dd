import { z } from "zod";

import type {
  CloseFault,
  CorruptFault,
  FragmentFault,
  MessageLimitFault,
  NoCloseAnswerFault,
  NoPongFault,
} from "./frame-faults.ts";
import type { ClockStepFault, ContainerFault } from "./process-faults.ts";
import type {
  ErrorFault,
  ForgetFault,
  FreezeFault,
  RefuseCreateFault,
  RejectFault,
  RepeatItemFault,
  ReuseCallIdsFault,
  SequenceFault,
  SilenceFault,
  UpgradeFault,
} from "./protocol-faults.ts";
import { type Anchor, AnchorSchema, type Trigger, TriggerSchema } from "./trigger.ts";
import type { CutFault, RefuseFault, StallFault, ToxicFault } from "./wire-faults.ts";

/** What is done to a session, without when and where. */
export type Fault =
  | CutFault
  | StallFault
  | RefuseFault
  | ToxicFault
  | CloseFault
  | CorruptFault
  | FragmentFault
  | MessageLimitFault
  | NoCloseAnswerFault
  | NoPongFault
  | RejectFault
  | UpgradeFault
  | ErrorFault
  | RefuseCreateFault
  | RepeatItemFault
  | SequenceFault
  | SilenceFault
  | ForgetFault
  | ReuseCallIdsFault
  | FreezeFault
  | ClockStepFault
  | ContainerFault;

/** The name of a kind of fault, for example `"cut"`. */
export type FaultKind = Fault["kind"];

/** When a fault ends: after a time, when its connection is gone, at an anchor, or with the run. */
export type Heal =
  | { readonly kind: "after"; readonly delayMs: number }
  | { readonly kind: "on-close" }
  | { readonly kind: "at"; readonly at: Anchor }
  | { readonly kind: "never" };

/**
 * One fault of a plan.
 *
 * @example { "id": "cut-1", "fault": { "kind": "cut", "mode": "fin" },
 *            "when": { "place": { "session": 0 }, "at": { "kind": "point", "point": "P6", "occurrence": 1 } },
 *            "heal": { "kind": "on-close" } }
 */
export type ScheduledFault = {
  /** Unique within the plan. */
  readonly id: string;
  readonly fault: Fault;
  readonly when: Trigger;
  readonly heal: Heal;
};

const HealSchema: z.ZodType<Heal> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("after"), delayMs: z.number().min(0).max(3_600_000) }),
  z.strictObject({ kind: z.literal("on-close") }),
  z.strictObject({ kind: z.literal("at"), at: AnchorSchema }),
  z.strictObject({ kind: z.literal("never") }),
]);

/** The shape of a scheduled fault; the catalogue gives the shape of the fault within. */
export function scheduledFaultSchema(faultSchema: z.ZodType<Fault>): z.ZodType<ScheduledFault> {
  return z.strictObject({
    id: z.string().regex(/^[\w.-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 _ . -"),
    fault: faultSchema,
    when: TriggerSchema,
    heal: HealSchema,
  });
}
