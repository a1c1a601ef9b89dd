import type { Clock } from "../determinism/clock.ts";
import { DEADLINE_PASSED, OVER, settleWithin } from "../determinism/waiting.ts";
import type { Recorder } from "../history/recorder.ts";
import type { ScriptedTurn } from "../protocol/model-script.ts";
import type { AnchorRegistry } from "./anchor-registry.ts";
import type { Wire } from "./backend.ts";
import type { ClientAnswer, RunningClient } from "./running-client.ts";
import type { TurnDeadline } from "./turn-deadline.ts";

/** What a session's runner needs. */
export type SessionRunnerOptions = {
  readonly session: number;
  readonly turns: readonly ScriptedTurn[];
  /** What is said in a turn to the model that is there. */
  userTextOf(turn: ScriptedTurn): string;
  readonly client: RunningClient;
  readonly wire: Wire;
  readonly deadline: TurnDeadline;
  /** For the record: how long a turn may go on undisturbed. */
  readonly allowanceMs: number;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Aborted when the run has to end now. */
  readonly signal: AbortSignal;
};

/** Takes one session through its turns. */
export type SessionRunner = {
  /** Runs the plan's turns one after the other. */
  runTurns(): Promise<void>;
  /** Asks once more, when all faults have healed: the session must still work (INV-24). */
  probe(): Promise<void>;
};

/** What the probe says; the target answers it whatever the plan's script holds. */
export const PROBE_TURN: ScriptedTurn = {
  userText: "cutwire probe: does this session still work?",
  script: { steps: [{ text: "It does." }] },
};

/** How long a client may take to end a turn that was aborted. */
const ABORT_DEADLINE_MS = 1_000;

/** Opens the runner of one session. */
export function createSessionRunner(options: SessionRunnerOptions): SessionRunner {
  const { session, turns, recorder, signal } = options;
  let isUsable = true;

  async function runTurn(turn: number, userText: string, probe: boolean): Promise<void> {
    if (signal.aborted || !isUsable) return;
    recorder.record({ source: "harness", session, kind: "turn-started", turn, userText, probe });
    const answering = options.client.runTurn(session, userText);
    const answer = await answerBeforeDeadline(answering, options);
    if (signal.aborted) return;
    if (answer !== DEADLINE_PASSED) {
      recordEnd({ turn, probe }, answer);
      return;
    }
    recorder.record({ source: "harness", session, kind: "turn-overdue", turn, probe, deadlineMs: options.allowanceMs });
    options.client.abortTurn(session);
    const late = await settleWithin(options.clock, answering, ABORT_DEADLINE_MS);
    if (late === DEADLINE_PASSED) isUsable = false;
    else recordEnd({ turn, probe }, late);
  }

  function recordEnd(which: { readonly turn: number; readonly probe: boolean }, answer: ClientAnswer): void {
    const base = { source: "harness", session, kind: "turn-ended", ...which } as const;
    switch (answer.kind) {
      case "exited":
        isUsable = false;
        return;
      case "threw":
        recorder.record({ ...base, outcome: "failed", cause: `runTurn threw: ${answer.message}` });
        return;
      case "answered":
        recorder.record({ ...base, ...(answer.result ?? { outcome: "failed", cause: "runTurn answered nothing" }) });
    }
  }

  /** The connection is idle now (P14); a fault that waits for that strikes before anything else is said. */
  async function idle(): Promise<void> {
    const connection = options.wire.liveConnection();
    const hits = options.anchors.match({ session, connection, point: "P14" });
    await Promise.all(hits.map((hit) => hit.confirm({ connection, heldBy: "harness" })));
  }

  return {
    async runTurns() {
      for (const [turn, scripted] of turns.entries()) {
        await runTurn(turn, options.userTextOf(scripted), false);
        if (isUsable && !signal.aborted) await idle();
      }
    },
    probe: async () => await runTurn(turns.length, options.userTextOf(PROBE_TURN), true),
  };
}

async function answerBeforeDeadline(
  answering: Promise<ClientAnswer>,
  { deadline, signal }: SessionRunnerOptions,
): Promise<ClientAnswer | typeof DEADLINE_PASSED> {
  const answered = new AbortController();
  const stop = AbortSignal.any([signal, answered.signal]);
  const overdue = deadline.passed(stop).then((): typeof DEADLINE_PASSED => DEADLINE_PASSED);
  const answer = await Promise.race([answering, overdue]);
  answered.abort(OVER);
  return answer;
}
