import type { BackoffContract, JitterWindow } from "../plan/contract.ts";

/** The shortest and the longest wait that a contract allows, in ms. */
export type WaitWindow = { readonly leastMs: number; readonly mostMs: number };

/** The shares of a delay between which a jitter draws. */
export function jitterWindow(jitter: BackoffContract["jitter"]): JitterWindow {
  if (jitter === "none") return { from: 1, to: 1 };
  if (jitter === "equal") return { from: 0.5, to: 1 };
  if (jitter === "full") return { from: 0, to: 1 };
  return "share" in jitter ? { from: 1 - jitter.share, to: 1 + jitter.share } : jitter;
}

/** What is promised for the wait after the n-th failure in a row, from 1. */
export function waitWindow(backoff: BackoffContract, failures: number): WaitWindow {
  const { baseMs, factor, capMs, jitter } = backoff;
  const delayMs = Math.min(capMs, baseMs * factor ** (failures - 1));
  const { from, to } = jitterWindow(jitter);
  return { leastMs: delayMs * from, mostMs: delayMs * to };
}

/** The longest wait of all that is promised, in ms. */
export function longestWaitMs({ capMs, jitter }: BackoffContract): number {
  return capMs * jitterWindow(jitter).to;
}
