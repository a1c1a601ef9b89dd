import { createDeferred, type Deferred } from "../determinism/waiting.ts";
import type { AppliedChange, Wire } from "./backend.ts";
import type { MessageFaces } from "./tap/message-faces.ts";

/** A wire that writes down what is done to it, and does nothing else. */
export type ScriptedWire = {
  readonly wire: Wire;
  /** One line for each call and each undoing: `"cut fin 0"`, `"undo cut fin 0"`. */
  readonly calls: string[];
  /** Says that a connection is gone. */
  lose(connection: number): void;
};

/** Faces that nothing passes. */
const SILENT_FACES: MessageFaces = {
  addEditor: () => ({ remove: () => undefined }),
  insert: async () => undefined,
  oldestRequest: () => undefined,
  requestCount: () => 0,
  lastUnit: () => undefined,
  lastCall: () => undefined,
};

/** Opens such a wire; `override` takes the place of single verbs, with the wire's own version at hand. */
export function createScriptedWire(session: number, override: (own: Wire) => Partial<Wire> = () => ({})): ScriptedWire {
  const calls: string[] = [];
  const gone = new Map<number, Deferred<void>>();
  const goneOf = (connection: number): Deferred<void> => {
    const found = gone.get(connection) ?? createDeferred<void>();
    gone.set(connection, found);
    return found;
  };
  const note = async (line: string): Promise<AppliedChange> => {
    calls.push(line);
    return {
      async undo() {
        calls.push(`undo ${line}`);
      },
    };
  };
  const own: Wire = {
    session,
    baseUrl: "http://127.0.0.1:1/v1",
    liveConnection: () => 0,
    connectionGone: async (connection) => await goneOf(connection).promise,
    cut: async (mode, connection) => await note(`cut ${mode} ${connection}`),
    closeWithFrame: async ({ code, reason }, connection) => await note(`close ${code} ${reason} ${connection}`),
    rejectDials: async ({ how, dials }) => await note(`reject ${JSON.stringify(how)} ${dials}`),
    stall: async (direction, connection) => await note(`stall ${direction} ${connection}`),
    refuseDials: async () => await note("refuse"),
    disturbUpgrades: async ({ how, dials }) => await note(`upgrade ${JSON.stringify(how)} ${dials}`),
    faces: SILENT_FACES,
    addToxic: async ({ type, direction }) => await note(`toxic ${type} ${direction}`),
  };
  return { wire: { ...own, ...override(own) }, calls, lose: (connection) => goneOf(connection).resolve() };
}
