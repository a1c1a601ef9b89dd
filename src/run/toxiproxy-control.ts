import { type Proxy, type Toxic, Toxiproxy } from "toxiproxy-node-client";

import type { Clock } from "../determinism/clock.ts";
import { DEADLINE_PASSED, settleWithin } from "../determinism/waiting.ts";
import { HarnessError, messageOf } from "../errors.ts";
import type { Direction } from "../protocol/direction.ts";
import type { AppliedChange } from "./backend.ts";

/** A toxic to be put on a proxy. The name is chosen by the control and unique. */
export type ToxicRequest = {
  readonly type: string;
  readonly direction: Direction;
  readonly attributes: Readonly<Record<string, number>>;
};

/** One proxy of a Toxiproxy, ours or the real one. */
export type ControlledProxy = {
  /** Where it listens, for example `"127.0.0.1:40123"`. */
  readonly listen: string;
  /** Adds a toxic, reads it back, and can take it away again. */
  addToxic(request: ToxicRequest): Promise<AppliedChange>;
  /** Closes its port and its connections; undone, it listens at the same place again. */
  disable(): Promise<AppliedChange>;
  /** The same, but dials get no answer, and each is told of; absent where nobody can have that. */
  vanish?(onDial: () => void): Promise<AppliedChange>;
  remove(): Promise<void>;
};

/**
 * A Toxiproxy by its API, through its own client.
 *
 * The client has neither deadlines nor typed errors, and real Toxiproxy is known to hang on removals (peers.md §2.2 i):
 * so each call has a deadline of its own, and each change is read back before it counts.
 */
export type ToxiproxyControl = {
  createProxy(proxy: {
    readonly name: string;
    readonly listen: string;
    readonly upstream: string;
  }): Promise<ControlledProxy>;
};

const CALL_DEADLINE_MS = 5_000;

/** Opens the control of the Toxiproxy at a URL, for example `"http://127.0.0.1:8474"`. */
export function createToxiproxyControl(apiUrl: string, clock: Clock): ToxiproxyControl {
  const api = new Toxiproxy(apiUrl);
  let toxics = 0;

  async function call<Value>(what: string, work: Promise<Value>): Promise<Value> {
    let answer: Value | typeof DEADLINE_PASSED;
    try {
      answer = await settleWithin(clock, work, CALL_DEADLINE_MS);
    } catch (error) {
      throw unavailable(`${what} failed: ${messageOf(error)}`, error);
    }
    if (answer === DEADLINE_PASSED) throw unavailable(`${what} got no answer within ${CALL_DEADLINE_MS} ms`);
    return answer;
  }

  function unavailable(what: string, cause?: unknown): HarnessError {
    const message = `Toxiproxy at ${apiUrl}: ${what}. See that it runs and that nothing else changes its proxies.`;
    return new HarnessError("HARNESS_BACKEND_UNAVAILABLE", message, { details: { apiUrl }, cause });
  }

  async function addToxic(proxy: Proxy, request: ToxicRequest): Promise<AppliedChange> {
    toxics += 1;
    const name = `${request.type}-${toxics}`;
    const stream = request.direction === "to-client" ? "downstream" : "upstream";
    // The client's union of types lacks those of newer and of other servers; it sends whatever it is given.
    const type = request.type as Toxic<unknown>["type"];
    const body = { name, type, stream, toxicity: 1, attributes: { ...request.attributes } } as const;
    await call(`adding ${name}`, proxy.addToxic(body));
    const added = await call(`reading ${name} back`, proxy.getToxic<unknown>(name));
    if (added.type !== type || added.stream !== stream) throw unavailable(`${name} was read back as ${added.type}`);
    return { undo: async () => await call(`removing ${name}`, added.remove()) };
  }

  async function setEnabled(proxy: Proxy, enabled: boolean): Promise<void> {
    const { name, listen, upstream } = proxy;
    const what = `${enabled ? "enabling" : "disabling"} ${name}`;
    await call(what, proxy.update({ enabled, listen, upstream }));
    const now = await call(`reading ${name} back`, api.get(name));
    if (now.enabled !== enabled) throw unavailable(`${what} was read back as not done`);
  }

  return {
    async createProxy(proxy) {
      const created = await call(`creating proxy ${proxy.name}`, api.createProxy({ ...proxy, enabled: true }));
      return {
        listen: created.listen,
        addToxic: async (request) => await addToxic(created, request),
        async disable() {
          await setEnabled(created, false);
          return { undo: async () => await setEnabled(created, true) };
        },
        remove: async () => await call(`removing proxy ${proxy.name}`, created.remove()),
      };
    },
  };
}
