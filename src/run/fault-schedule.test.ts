import { beforeEach, describe, expect, it } from "vitest";

import { createManualClock, type ManualClock, settle } from "../determinism/manual-clock.ts";
import { createDeferred } from "../determinism/waiting.ts";
import { openMemoryRecorder } from "../history/memory-recorder.test-support.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Heal, ScheduledFault } from "../plan/fault.ts";
import type { ProtocolPoint } from "../protocol/protocol-point.ts";
import { type AnchorRegistry, createAnchorRegistry } from "./anchor-registry.ts";
import type { AppliedChange, Wire } from "./backend.ts";
import type { FaultApplier, FaultAppliers } from "./fault-applier.ts";
import { type FaultSchedule, startFaultSchedule } from "./fault-schedule.ts";
import { close } from "./faults/close.ts";
import { cut } from "./faults/cut.ts";
import { reject } from "./faults/reject.ts";
import { toxic } from "./faults/toxic.ts";
import { createScriptedWire, type ScriptedWire } from "./scripted-wire.test-support.ts";

const appliers: FaultAppliers = new Map([close, cut, reject, toxic].map((one: FaultApplier) => [one.kind, one]));

let clock: ManualClock;
let recorder: Recorder;
let anchors: AnchorRegistry;
let wires: ScriptedWire[];
let disturbed: number[];
let ending: AbortController;

beforeEach(() => {
  clock = createManualClock();
  recorder = openMemoryRecorder(clock).recorder;
  anchors = createAnchorRegistry();
  wires = [createScriptedWire(0)];
  disturbed = [];
  ending = new AbortController();
});

function start(...faults: readonly ScheduledFault[]): FaultSchedule {
  return startFaultSchedule({
    faults,
    wires: wires.map(({ wire }) => wire),
    appliers,
    anchors,
    clock,
    recorder,
    signal: ending.signal,
    onDisturbance: (session) => void disturbed.push(session),
  });
}

/** A cut at P6 of session 0 that heals on close, with some of it replaced. */
function fault(more: Partial<ScheduledFault> = {}): ScheduledFault {
  return {
    id: "f",
    fault: { kind: "cut", mode: "fin" },
    when: { place: { session: 0 }, at: { kind: "point", point: "P6", occurrence: 1 } },
    heal: { kind: "on-close" },
    ...more,
  };
}

const rejection: Partial<ScheduledFault> = {
  fault: { kind: "reject", how: "reset", dials: 2 },
  heal: { kind: "never" },
};

type Held = { isReleased: boolean };

/** A detector sees a point: it is confirmed, and what follows is held until it is released. */
async function reach(point: ProtocolPoint, session = 0, connection: number | null = 3): Promise<Held> {
  const place = connection ?? undefined;
  const held: Held = { isReleased: false };
  const hits = anchors.match({ session, connection: place, point });
  void Promise.all(
    hits.map(async (hit) => await hit.confirm({ connection: place, heldBy: "server-face", by: 7 })),
  ).then(() => {
    held.isReleased = true;
  });
  await settle();
  return held;
}

/** What was recorded of a session's faults: `"fault-healed f: its connection is gone"`. */
function lines(session = 0): readonly string[] {
  return recorder.events().flatMap((event) => {
    if (event.source !== "fault" || event.session !== session) return [];
    return [`${event.kind} ${event.id}${"why" in event ? `: ${event.why}` : ""}`];
  });
}

function useWire(override: (own: Wire) => Partial<Wire>): ScriptedWire {
  const scripted = createScriptedWire(0, override);
  wires = [scripted];
  return scripted;
}

function callsOf(session = 0): readonly string[] {
  return wires[session]?.calls ?? [];
}

/** Ends the schedule, with the time that a connection which was struck is given to be gone. */
async function finishInVirtualTime(schedule: FaultSchedule): Promise<void> {
  const finishing = schedule.finish();
  await clock.advance(100);
  await finishing;
}

describe("a fault whose anchor is reached", () => {
  it("is applied to the anchor's connection while it is held, and heals", async () => {
    const schedule = start(fault());
    const held = await reach("P6");
    expect(held.isReleased).toBe(true);
    expect(callsOf()).toEqual(["cut fin 3"]);
    wires[0]?.lose(3);
    await settle();
    expect(callsOf()).toEqual(["cut fin 3", "undo cut fin 3"]);
    expect(lines()).toEqual(["fault-reached f", "fault-applied f", "fault-healed f: its connection is gone"]);
    expect(disturbed).toEqual([0, 0]);
    await schedule.finish();
    expect(lines()).toHaveLength(3);
  });

  it("is recorded with its place, what reached it, and what was done how late", async () => {
    start(fault());
    await reach("P6");
    expect(recorder.events()).toEqual([
      expect.objectContaining({ kind: "fault-reached", session: 0, connection: 3, heldBy: "server-face", by: 7 }),
      expect.objectContaining({
        kind: "fault-applied",
        connection: 3,
        fault: { kind: "cut", mode: "fin" },
        delayMs: 0,
      }),
    ]);
  });

  it("is held until the change was made", async () => {
    const made = createDeferred<AppliedChange>();
    useWire(() => ({ cut: async () => await made.promise }));
    start(fault());
    const held = await reach("P6");
    expect([held.isReleased, lines()]).toEqual([false, ["fault-reached f"]]);
    made.resolve({ undo: async () => undefined });
    await settle();
    expect([held.isReleased, lines()]).toEqual([true, ["fault-reached f", "fault-applied f"]]);
  });

  it("strikes the open connection where its anchor has none", async () => {
    useWire(() => ({ liveConnection: () => 5 }));
    start(fault());
    await reach("P6", 0, null);
    expect(callsOf()).toEqual(["cut fin 5"]);
  });

  it("lets go at once where it is to strike later, and strikes then", async () => {
    const { when } = fault();
    start(fault({ when: { ...when, delayMs: 250 } }));
    const held = await reach("P6");
    expect([held.isReleased, callsOf()]).toEqual([true, []]);
    await clock.advance(249);
    expect(callsOf()).toEqual([]);
    await clock.advance(1);
    expect(callsOf()).toEqual(["cut fin 3"]);
    expect(recorder.events().at(-1)).toMatchObject({ kind: "fault-applied", delayMs: 250 });
  });
});

describe("a fault that does not strike", () => {
  it("is missed where its anchor was never reached", async () => {
    const schedule = start(fault());
    await reach("P5");
    await schedule.finish();
    expect(lines()).toEqual(["fault-missed f: the run ended before its anchor was reached"]);
    expect([callsOf(), disturbed]).toEqual([[], []]);
  });

  it("is missed where the anchor's delivery was not confirmed", async () => {
    start(fault());
    for (const hit of anchors.match({ session: 0, connection: 0, point: "P6" })) hit.miss("it took too long");
    await settle();
    expect(lines()).toEqual(["fault-missed f: it took too long"]);
  });

  it("has failed where it cannot be applied, and lets go", async () => {
    useWire(() => ({ cut: async () => await Promise.reject(new Error("Toxiproxy is gone")) }));
    const schedule = start(fault());
    const held = await reach("P6");
    expect(lines()).toEqual(["fault-reached f", "fault-failed f: Toxiproxy is gone"]);
    expect(held.isReleased).toBe(true);
    await schedule.finish();
    expect(disturbed).toEqual([]);
  });

  it("has failed where no connection is open", async () => {
    useWire(() => ({ liveConnection: () => undefined }));
    start(fault());
    await reach("P6", 0, null);
    expect(lines()).toEqual(["fault-reached f", "fault-failed f: session 0 has no open connection to strike"]);
  });

  it("has failed where applying it takes longer than five seconds; a change that comes later is taken back", async () => {
    const made = createDeferred<AppliedChange>();
    const undone: string[] = [];
    useWire(() => ({ cut: async () => await made.promise }));
    const schedule = start(fault());
    const held = await reach("P6");
    await clock.advance(4_999);
    expect(held.isReleased).toBe(false);
    await clock.advance(1);
    expect(lines()).toEqual(["fault-reached f", "fault-failed f: it could not be applied within 5000 ms"]);
    expect(held.isReleased).toBe(true);
    made.resolve({
      async undo() {
        undone.push("undone");
      },
    });
    await settle();
    expect(undone).toEqual(["undone"]);
    await schedule.finish();
    expect(clock.timers()).toBe(0);
  });

  it("has failed too where it was applied and cannot be healed", async () => {
    const broken = { undo: async () => await Promise.reject(new Error("not found")) };
    const scripted = useWire(() => ({ cut: async () => await Promise.resolve(broken) }));
    start(fault());
    await reach("P6");
    scripted.lose(3);
    await settle();
    expect(lines().at(-1)).toBe("fault-failed f: healing it failed: not found");
  });

  it("has failed too where healing it takes longer than five seconds", async () => {
    const hanging = { undo: async () => await new Promise<void>(() => undefined) };
    const scripted = useWire(() => ({ cut: async () => await Promise.resolve(hanging) }));
    start(fault());
    await reach("P6");
    scripted.lose(3);
    await clock.advance(5_000);
    expect(lines().at(-1)).toBe("fault-failed f: healing it failed: it could not be undone within 5000 ms");
    expect(clock.timers()).toBe(0);
  });
});

describe("the end of a fault", () => {
  const at: Heal = { kind: "at", at: { kind: "point", point: "P13", occurrence: 1 } };

  it("after a time", async () => {
    start(fault({ heal: { kind: "after", delayMs: 300 } }));
    await reach("P6");
    await clock.advance(299);
    expect(callsOf()).toEqual(["cut fin 3"]);
    await clock.advance(1);
    expect(lines().at(-1)).toBe("fault-healed f: after 300 ms");
  });

  it("at an anchor, which is held until the fault is healed", async () => {
    const undone = createDeferred<void>();
    useWire(() => ({ cut: async () => await Promise.resolve({ undo: async () => await undone.promise }) }));
    start(fault({ heal: at }));
    await reach("P6");
    const held = await reach("P13");
    expect([held.isReleased, lines().at(-1)]).toEqual([false, "fault-applied f"]);
    undone.resolve();
    await settle();
    expect([held.isReleased, lines().at(-1)]).toEqual([true, "fault-healed f: its anchor was reached"]);
  });

  it("at an anchor that comes before the fault holds nothing, and the fault is over as soon as it struck", async () => {
    start(fault({ heal: at }));
    const held = await reach("P13");
    expect(held.isReleased).toBe(true);
    await reach("P6");
    expect(callsOf()).toEqual(["cut fin 3", "undo cut fin 3"]);
    expect(lines().at(-1)).toBe("fault-healed f: its anchor was reached");
  });

  it("with the run, where it never ends or its end did not come", async () => {
    const schedule = start(
      fault({ id: "never", heal: { kind: "never" } }),
      fault({ id: "on-close" }),
      fault({ id: "after", heal: { kind: "after", delayMs: 60_000 } }),
      fault({ id: "at", heal: at }),
    );
    await reach("P6");
    expect(callsOf()).toHaveLength(4);
    await finishInVirtualTime(schedule);
    expect(
      lines()
        .filter((line) => line.startsWith("fault-healed"))
        .toSorted(),
    ).toEqual([
      "fault-healed after: the run ended",
      "fault-healed at: the run ended",
      "fault-healed never: the run ended",
      "fault-healed on-close: the run ended",
    ]);
    expect(callsOf()).toHaveLength(8);
    expect(clock.timers()).toBe(0);
  });
});

describe("a fault that waits for something to strike", () => {
  /** A rejection of which `came` dials have come. */
  function useRejection(): { strike: () => void; came: { dials: number }; undone: string[] } {
    const struck = createDeferred<void>();
    const came = { dials: 0 };
    const undone: string[] = [];
    const change: AppliedChange = {
      struck: struck.promise,
      shortfall: () => (came.dials === 2 ? undefined : `only ${came.dials} of 2 dials came to be rejected`),
      async undo() {
        undone.push("undone");
      },
    };
    useWire(() => ({ rejectDials: async () => await Promise.resolve(change) }));
    return { strike: () => struck.resolve(), came, undone };
  }

  it("lets go before it strikes, and is applied when it does", async () => {
    const { strike, came, undone } = useRejection();
    const schedule = start(fault(rejection));
    const held = await reach("P6");
    expect([held.isReleased, lines()]).toEqual([true, ["fault-reached f"]]);
    strike();
    came.dials = 2;
    await settle();
    expect(lines()).toEqual(["fault-reached f", "fault-applied f"]);
    await schedule.finish();
    expect(lines()).toEqual(["fault-reached f", "fault-applied f", "fault-healed f: the run ended"]);
    expect(undone).toEqual(["undone"]);
  });

  it("is missed where it was not used up", async () => {
    const { strike, came } = useRejection();
    const schedule = start(fault(rejection));
    await reach("P6");
    strike();
    came.dials = 1;
    await schedule.finish();
    expect(lines().at(-1)).toBe("fault-missed f: only 1 of 2 dials came to be rejected");
  });

  it("is not missed for what is left of it where it ended on its own", async () => {
    const { strike, came } = useRejection();
    const schedule = start(fault({ ...rejection, heal: { kind: "after", delayMs: 10 } }));
    await reach("P6");
    strike();
    came.dials = 1;
    await clock.advance(10);
    await schedule.finish();
    expect(lines()).toEqual(["fault-reached f", "fault-applied f", "fault-healed f: after 10 ms"]);
  });

  it("is missed where it struck nothing before the run ended", async () => {
    const { undone } = useRejection();
    const schedule = start(fault(rejection));
    await reach("P6");
    await schedule.finish();
    expect(lines().at(-1)).toBe("fault-missed f: the run ended before it struck anything");
    expect(undone).toEqual(["undone"]);
  });

  it("is missed where its end came before it struck anything, and strikes nothing afterwards", async () => {
    const { undone } = useRejection();
    const schedule = start(
      fault({ ...rejection, heal: { kind: "at", at: { kind: "point", point: "P13", occurrence: 1 } } }),
    );
    await reach("P6");
    const held = await reach("P13");
    expect([undone, held.isReleased]).toEqual([["undone"], true]);
    await schedule.finish();
    expect(lines()).toEqual([
      "fault-reached f",
      "fault-healed f: its anchor was reached",
      "fault-missed f: its end came before it struck anything",
    ]);
  });
});

describe("a fault of all sessions", () => {
  const { when } = fault();
  const all = fault({ when: { ...when, place: { session: "all" } } });
  beforeEach(() => {
    wires = [0, 1, 2].map((session) => createScriptedWire(session));
  });

  it("strikes every one at once, when the last has reached the anchor", async () => {
    start(all);
    const held = [await reach("P6", 1), await reach("P6", 0)];
    expect(held.map(({ isReleased }) => isReleased)).toEqual([false, false]);
    expect(wires.map(({ calls }) => calls)).toEqual([[], [], []]);
    held.push(await reach("P6", 2, 9));
    expect(wires.map(({ calls }) => calls)).toEqual([["cut fin 3"], ["cut fin 3"], ["cut fin 9"]]);
    expect(held.map(({ isReleased }) => isReleased)).toEqual([true, true, true]);
    for (const session of [0, 1, 2]) expect(lines(session)).toEqual(["fault-reached f", "fault-applied f"]);
  });

  it("strikes none where one did not reach the anchor before the run ended", async () => {
    const schedule = start(all);
    const held = [await reach("P6", 0), await reach("P6", 1)];
    await schedule.finish();
    expect(wires.map(({ calls }) => calls)).toEqual([[], [], []]);
    for (const session of [0, 1]) {
      expect(lines(session)).toEqual(["fault-reached f", "fault-missed f: not every session reached its anchor"]);
    }
    expect(lines(2)).toEqual(["fault-missed f: the run ended before its anchor was reached"]);
    await settle();
    expect(held.map(({ isReleased }) => isReleased)).toEqual([true, true]);
  });

  it("strikes none where a session is over before it reached it, and those that had reached it are held no longer", async () => {
    const schedule = start(all);
    const held = await reach("P6", 0);
    schedule.sessionIsOver(0);
    await settle();
    expect(held.isReleased).toBe(false);
    schedule.sessionIsOver(1);
    await settle();
    expect(held.isReleased).toBe(true);
    expect(lines(0).at(-1)).toBe("fault-missed f: not every session reached its anchor");
    expect(wires.map(({ calls }) => calls)).toEqual([[], [], []]);
  });

  it("strikes none where one has missed it, and lets the others go at once", async () => {
    start(all);
    const held = await reach("P6", 0);
    for (const hit of anchors.match({ session: 1, connection: 0, point: "P6" })) hit.miss("it was gone");
    await settle();
    const late = await reach("P6", 2);
    expect([held.isReleased, late.isReleased]).toEqual([true, true]);
    expect([0, 1, 2].map((session) => lines(session).at(-1))).toEqual([
      "fault-missed f: not every session reached its anchor",
      "fault-missed f: it was gone",
      "fault-missed f: not every session reached its anchor",
    ]);
    expect(wires.map(({ calls }) => calls)).toEqual([[], [], []]);
  });
});

describe("the end of a schedule", () => {
  it("waits for a strike that is due", async () => {
    const { when } = fault();
    const schedule = start(fault({ when: { ...when, delayMs: 100 } }));
    await reach("P6");
    const finishing = schedule.finish();
    await clock.advance(100);
    expect(lines()).toEqual(["fault-reached f", "fault-applied f"]);
    await clock.advance(100);
    await finishing;
    expect(lines()).toEqual(["fault-reached f", "fault-applied f", "fault-healed f: the run ended"]);
  });

  it("waits until a connection that was struck is gone, and no longer", async () => {
    const schedule = start(fault());
    await reach("P6");
    const finishing = schedule.finish();
    await clock.advance(40);
    expect(lines()).toEqual(["fault-reached f", "fault-applied f"]);
    wires[0]?.lose(3);
    await finishing;
    expect(lines().at(-1)).toBe("fault-healed f: its connection is gone");
    expect(clock.timers()).toBe(0);
  });

  it("does not wait where the run has to end now, and leaves no timer", async () => {
    const { when } = fault();
    const schedule = start(fault({ when: { ...when, delayMs: 60_000 } }));
    await reach("P6");
    ending.abort();
    await schedule.finish();
    expect(clock.timers()).toBe(0);
  });

  it("may come twice", async () => {
    const schedule = start(fault());
    await schedule.finish();
    await schedule.finish();
    expect(lines()).toHaveLength(1);
  });

  it("is waited for by many faults without a warning", async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", note);
    const ids = Array.from({ length: 50 }, (_, index) => `f-${index}`);
    const schedule = start(...ids.map((id) => fault({ id })));
    await reach("P6");
    await finishInVirtualTime(schedule);
    process.off("warning", note);
    expect(warnings).toEqual([]);
    expect(lines().filter((line) => line.startsWith("fault-healed"))).toHaveLength(50);
  });
});
