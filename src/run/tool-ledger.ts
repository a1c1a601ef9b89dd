import type { Clock } from "../determinism/clock.ts";
import { digestOfText, stableJson } from "../determinism/stable-json.ts";
import { createDeferred, OVER, sleep } from "../determinism/waiting.ts";
import type { UnrecordedEvent } from "../history/event.ts";
import type { Recorder } from "../history/recorder.ts";
import { operationOfArguments } from "../history/tool-operations.ts";
import type { Workload } from "../plan/plan.ts";
import { DEFAULT_TOOL_NAME, type ScriptedCall, type SessionScript } from "../protocol/model-script.ts";
import type { JsonSchema } from "../protocol/json.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import type { AnchorRegistry } from "./anchor-registry.ts";

/** A tool as the client is told of it. */
export type ToolDescription = { readonly name: string; readonly description: string; readonly parameters: JsonSchema };

/**
 * Runs the harness's tools and writes down every run: what the client cannot know or change.
 *
 * It keeps nothing of its own. Its record is the history, so that its file version is the one that is given a recorder
 * over a file, and its memory version the one over a memory sink.
 */
export type ToolRunner = {
  /**
   * Runs a tool for a session and answers its output, which names the run: two runs never answer the same. It never
   * rejects. Start, effect and return are recorded before what comes behind them can be seen.
   */
  run(session: number, name: string, argumentsJson: string): Promise<string>;
  /** Tools that are at work, held ones included, come to their end without effect. */
  close(): void;
};

/** What a tool runner needs. */
export type ToolRunnerOptions = {
  readonly workload: Workload;
  /** Whether the model plays the workload's script, as where absent; another one may ask for any operation. */
  readonly isScripted?: boolean;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
};

/** The tools that the calls of a session's script ask for. */
export function toolsOf(script: SessionScript): readonly ToolDescription[] {
  const names = new Set(callsOf(script).map((call) => call.name ?? DEFAULT_TOOL_NAME));
  return [...names].map((name) => ({
    name,
    description: "Carries out the operation that is named, once, and answers its receipt.",
    parameters: {
      type: "object",
      properties: { operation: { type: "string", description: "What is to be carried out." } },
      required: ["operation"],
      additionalProperties: true,
    },
  }));
}

/** Opens the ledger of a run: the tool runner that comes with cutwire. */
export function openToolLedger(options: ToolRunnerOptions): ToolRunner {
  const { workload, isScripted = true, anchors, clock, recorder } = options;
  const callOf = isScripted ? scriptedCallOf(workload) : placedCallOf(workload);
  const closing = new AbortController();
  const closed = createDeferred<void>();
  let executions = 0;

  async function reach(session: number, point: ProtocolPoint, by: number): Promise<void> {
    const hits = anchors.match({ session, connection: undefined, point });
    const held = hits.map(async (hit) => await hit.confirm({ connection: undefined, heldBy: "tool", by }));
    await Promise.race([Promise.all(held), closed.promise]);
  }

  return {
    close() {
      closing.abort(OVER);
      closed.resolve();
    },
    async run(session, name, argumentsJson) {
      const execution = executions;
      executions += 1;
      const operation = operationOfArguments(argumentsJson);
      const call = operation === undefined ? undefined : callOf(session, operation);
      const base = { source: "tool", session, ...(operation === undefined ? {} : { operation }) } as const;
      const record = (event: UnrecordedEvent): number => recorder.record(event);
      const argumentsDigest = digestOfText(argumentsJson);
      await reach(session, "P8", record({ ...base, kind: "tool-started", execution, name, argumentsDigest }));
      await sleep(clock, call?.toolDurationMs ?? 0, closing.signal);
      // Once the run is ending nobody waits for the tool, and an effect now would be blamed on nobody.
      if (closing.signal.aborted) return "";
      const isUnderstood = call !== undefined;
      if (isUnderstood) await reach(session, "P9", record({ ...base, kind: "tool-effect", execution }));
      const output = stableJson(
        isUnderstood
          ? { operation, receipt: `receipt-${String(execution).padStart(6, "0")}` }
          : { error: `no such operation: ${operation ?? "the arguments name none"}`, execution },
      );
      record({ ...base, kind: "tool-returned", execution, outputDigest: digestOfText(output), failed: !isUnderstood });
      return output;
    },
  };
}

function callsOf(script: SessionScript | undefined): readonly ScriptedCall[] {
  return (script?.turns ?? []).flatMap((turn) => turn.script.steps.flatMap((step) => step.calls ?? []));
}

/** Answers the call of the script that an operation of a session is, where it is one. */
type CallFinder = (session: number, operation: string) => ScriptedCall | undefined;

function scriptedCallOf({ sessions }: Workload): CallFinder {
  return (session, operation) => callsOf(sessions[session]).find((call) => call.operation === operation);
}

/** For a model that names its operations itself: the n-th one of a session works as long as the script's n-th call. */
function placedCallOf({ sessions }: Workload): CallFinder {
  const seen = sessions.map(() => new Map<string, ScriptedCall>());
  return (session, operation) => {
    const known = seen[session];
    const { toolDurationMs = 0 } = known?.get(operation) ?? callsOf(sessions[session])[known?.size ?? 0] ?? {};
    known?.set(operation, { operation, toolDurationMs });
    return { operation, toolDurationMs };
  };
}
