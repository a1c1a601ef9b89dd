import { afterEach } from "vitest";

import { createSystemClock } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import {
  type ClientSurface,
  createBackoff,
  createDialer,
  createLiveness,
  createMemoryJournal,
  type Journal,
  openResponsesSession,
  type ResponsesSession,
  type ResponsesSessionOptions,
  type TurnResult,
} from "./index.ts";
import { type ScriptedServer, type ServerScript, startScriptedServer } from "./scripted-server.test-support.ts";

/** A session with the short waits of tests, and what it did. */
export type TestSession = {
  readonly session: ResponsesSession;
  readonly journal: Journal;
  readonly surface: ClientSurface[];
  /** Arguments of each run of the tool `perform`, in order. */
  readonly runs: string[];
  readonly turn: (text: string, signal?: AbortSignal) => Promise<TurnResult>;
};

/** Options of a session; only the url has no default. */
export type TestSessionOptions = Partial<ResponsesSessionOptions> & {
  readonly url: string;
  /** What the tool does; it answers `done <arguments>` where absent. */
  readonly perform?: (argumentsJson: string) => Promise<string>;
};

/** Opens a session with the tool `perform`. The caller closes it. */
export function openTestSession(options: TestSessionOptions): TestSession {
  const { perform, policies, ...rest } = options;
  const journal = options.journal ?? createMemoryJournal();
  const surface: ClientSurface[] = [];
  const runs: string[] = [];
  const session = openResponsesSession({
    apiKey: "key",
    model: "model-1",
    clock: createSystemClock(),
    random: createRandom(7),
    journal,
    tools: [
      {
        name: "perform",
        description: "does it",
        parameters: { type: "object" },
        async run(argumentsJson) {
          runs.push(argumentsJson);
          return perform === undefined ? `done ${argumentsJson}` : await perform(argumentsJson);
        },
      },
    ],
    onSurface: (event) => surface.push(event),
    ...rest,
    policies: {
      backoff: createBackoff({ baseMs: 10, capMs: 40, attemptsMax: 4 }),
      dialer: createDialer({ connectTimeoutMs: 400 }),
      liveness: createLiveness({ pingIntervalMs: 0, idleDeadlineMs: 250 }),
      ...policies,
    },
  });
  return {
    session,
    journal,
    surface,
    runs,
    turn: async (text, signal) => await session.runTurn(text, { signal: signal ?? new AbortController().signal }),
  };
}

/** What a user sees at the end: text that was taken back is gone. */
export function visibleText(surface: readonly ClientSurface[]): string {
  let text = "";
  for (const event of surface) {
    if (event.kind === "text") text += event.text;
    if (event.kind !== "text-retracted") continue;
    if (!text.endsWith(event.text)) throw new Error(`"${event.text}" was not shown last`);
    text = text.slice(0, text.length - event.text.length);
  }
  return text;
}

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0)) await resource.close();
});

/** A session against a scripted server; both are closed after the test. */
export async function start(
  script: ServerScript,
  options: Omit<TestSessionOptions, "url"> = {},
): Promise<TestSession & { readonly server: ScriptedServer }> {
  const server = await startScriptedServer(script);
  const client = openTestSession({ url: server.url, ...options });
  open.push(client.session, server);
  return { ...client, server };
}
