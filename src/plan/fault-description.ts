import type { z } from "zod";

import type { Fault, FaultKind } from "./fault.ts";

/** Something that a backend, or with `target-` a target, may be able to do; a plan is refused where one is missing. */
export type Capability =
  | "cut-fin"
  | "cut-rst"
  | "cut-blackhole"
  | "stall"
  | "refuse-dial"
  | "ignore-dial"
  | "close-frame"
  | "edit-messages"
  | "reject-dial"
  | "disturb-upgrade"
  | "toxic-bandwidth"
  | "toxic-latency"
  | "toxic-limit-data"
  | "toxic-reset-peer"
  | "toxic-slicer"
  | "toxic-slow-close"
  | "toxic-timeout"
  | "target-forget"
  | "container-pause"
  | "container-kill"
  | "container-restart"
  | "container-disconnect"
  | "step-clock"
  | "target-freeze"
  | "target-reuse-call-ids";

/** What a kind of fault is, for validation, for the documentation and for the engine, which knows no kind by name. */
export type FaultDescription<Described extends Fault = Fault> = {
  readonly kind: Described["kind"];
  /** The rows of failures.md §3 that it makes. */
  readonly ids: readonly string[];
  readonly title: string;
  /** Parameters with units and bounds. */
  readonly schema: z.ZodType<Described>;
  /** What it acts on. A fault of frames needs an anchor between frames, a fault of bytes takes any. */
  readonly layer: "byte" | "frame" | "protocol" | "process";
  /** Who makes it happen. */
  readonly appliedBy: "proxy" | "face" | "server" | "tool" | "client-process" | "container";
  /** Whether it strikes one connection, or the session's wire whatever connection is open. */
  readonly scope: "connection" | "wire";
  needs(fault: Described): readonly Capability[];
  /** Which event of the history proves that it happened. */
  readonly fired: string;
};

/** One description per kind. */
export type FaultCatalogue = { readonly [Kind in FaultKind]: FaultDescription<Extract<Fault, { kind: Kind }>> };
