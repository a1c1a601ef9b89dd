import type { Plan } from "../../plan/plan.ts";

/** Makes something that may be a smaller plan; whether it is a plan, and smaller, is for whoever asks to find out. */
export type Candidate = () => unknown;

/** One way to make a plan smaller: what to try with it, the largest steps first. */
export type ShrinkPass = (plan: Plan) => readonly Candidate[];
