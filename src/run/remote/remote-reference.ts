import type { Clock } from "../../determinism/clock.ts";
import { drawSeed } from "../../determinism/random.ts";
import { digestOfText } from "../../determinism/stable-json.ts";
import { createDeferred, settleWithin } from "../../determinism/waiting.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { apiKeyOfRun, type OpenedTarget, type TargetContext, type TargetControl } from "../target.ts";
import { type ControlClient, createControlClient } from "./control-client.ts";

/** A reference server that runs elsewhere, and that several runs may share. */
export type RemoteReferencePlace = {
  /** Its control API as it is reached from here, which may be elsewhere after a new start. */
  readonly controlUrl: () => string;
  /** Where it listens, as the proxy or the tap dials it. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** Follows what the server tells; its control API does where absent. */
  readonly followEvents?: (listener: (event: JsonObject) => void) => Promise<() => void>;
};

/** A reference server elsewhere, with the conversations of a run. */
export type OpenedRemoteReference = OpenedTarget & {
  /** Gives it the conversations again, after it was started anew. */
  putScripts(): Promise<void>;
  /** Reads what it has stored for this run; the answer stores it there again. */
  saveStore(): Promise<() => Promise<void>>;
};

/** How long the server may take to tell that the run's connections are closed. */
const LAST_EVENTS_DEADLINE_MS = 2_000;

/**
 * Gives a reference server elsewhere the conversations of a run, under API keys of the run's own, and takes them back
 * when it is closed.
 *
 * @throws HarnessError `HARNESS_BACKEND_UNAVAILABLE`
 */
export async function openRemoteReference(
  place: RemoteReferencePlace,
  context: TargetContext,
): Promise<OpenedRemoteReference> {
  const { clock, recorder, scripts } = context;
  const client = createControlClient(place.controlUrl, clock);
  const run = drawSeed().toString(36);
  const keys = [...scripts.keys()].map((_, session) => apiKeyOfRun(session, run));
  const putScripts = async (): Promise<void> => {
    for (const [session, script] of [...scripts.values()].entries()) {
      await client.call("PUT", `/scripts/${keys[session] ?? ""}`, script);
    }
  };
  await putScripts();
  const events = createEventTaker(keys, recorder);
  const stop = await (place.followEvents?.(events.take) ?? client.followEvents(events.take));
  return {
    ...place.upstream,
    control: controlOf(client, keys),
    apiKeyOf: (session) => keys[session] ?? "",
    async putScripts() {
      // The connections that it had went with it, and nobody is left to tell so.
      events.forget();
      await putScripts();
    },
    async saveStore() {
      const stores = new Map<string, JsonObject>();
      for (const key of keys) {
        const stored = await client.call("GET", `/sessions/${key}/store`);
        if (stored !== undefined) stores.set(key, stored);
      }
      return async () => {
        for (const [key, stored] of stores) await client.call("PUT", `/sessions/${key}/store`, stored);
      };
    },
    async close() {
      await events.quiet(clock);
      stop();
      for (const key of keys) await client.call("DELETE", `/scripts/${key}`);
    },
  };
}

function controlOf(client: ControlClient, keys: readonly string[]): TargetControl {
  const keyOf = (session: number): string => keys[session] ?? "";
  const order = async (session: number, kind: "freeze" | "thaw"): Promise<number> => {
    const answer = await client.call("POST", "/orders", { apiKey: keyOf(session), action: { kind } });
    return Number(answer?.["connections"] ?? 0);
  };
  async function ofSession(session: number, verb: string, body: JsonObject): Promise<void> {
    const answer = await client.call("POST", `/sessions/${keyOf(session)}/${verb}`, body);
    if (answer === undefined) throw new Error(`session ${session} has never reached the server`);
  }
  return {
    forget: async (session, what) => await ofSession(session, "forget", { what }),
    reuseCallIds: async (session) => await ofSession(session, "reuse-call-ids", {}),
    freeze: async (session) => await order(session, "freeze"),
    thaw: async (session) => void (await order(session, "thaw")),
  };
}

type EventTaker = {
  readonly take: (event: JsonObject) => void;
  /** Counts no connection as open any more. */
  forget(): void;
  /** Resolves when every connection of the run was told as closed, or nobody waits for it any longer. */
  quiet(clock: Clock): Promise<void>;
};

/** Records what the server tells of this run's sessions; what it tells of others is theirs. */
function createEventTaker(keys: readonly string[], recorder: Recorder): EventTaker {
  const sessionOfKey = new Map<string, number>();
  for (const [session, key] of keys.entries()) {
    sessionOfKey.set(key, session);
    // What a server prints has a fingerprint in place of the key.
    sessionOfKey.set(`key-${digestOfText(key).slice(0, 8)}`, session);
  }
  let open = 0;
  let onQuiet: () => void = () => undefined;
  return {
    take({ kind, apiKey, ...details }) {
      const session = typeof apiKey === "string" ? sessionOfKey.get(apiKey) : undefined;
      if (session === undefined || typeof kind !== "string") return;
      recorder.record({ source: "target", session, kind: "target-event", name: kind, details });
      if (kind === "connection-opened") open += 1;
      if (kind === "connection-closed") open -= 1;
      if (open <= 0) onQuiet();
    },
    forget() {
      open = 0;
    },
    async quiet(clock) {
      const quiet = createDeferred<void>();
      onQuiet = () => quiet.resolve();
      if (open <= 0) onQuiet();
      await settleWithin(clock, quiet.promise, LAST_EVENTS_DEADLINE_MS);
    },
  };
}
