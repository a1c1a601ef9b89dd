import { describe, expect, it } from "vitest";

import { settle } from "../determinism/manual-clock.ts";
import type { EventAnchor } from "../plan/trigger.ts";
import { createAnchorRegistry } from "./anchor-registry.ts";

const point = { kind: "point", point: "P6", occurrence: 2 } as const;
const p6 = { session: 0, connection: 0, point: "P6" } as const;
const site = { connection: 0, heldBy: "server-face" } as const;
const event: EventAnchor = { kind: "event", direction: "to-client", type: "a", occurrence: 1, edge: "before" };

describe("the anchor registry", () => {
  it("finds the n-th occurrence, once", () => {
    const anchors = createAnchorRegistry();
    anchors.arm({ session: 0 }, point);
    const counts = [1, 2, 3, 4].map(() => anchors.match(p6).length);
    expect(counts).toEqual([0, 1, 0, 0]);
  });

  it("counts for each armed anchor what lies at its own place", () => {
    const anchors = createAnchorRegistry();
    const places = [{ session: 0 }, { session: 1 }, { session: 0, connection: 1 }, { session: 0, lane: "x" }];
    for (const place of places) anchors.arm(place, { ...point, occurrence: 1 });
    expect(anchors.match({ ...p6, point: "P5" })).toHaveLength(0);
    expect(anchors.match(p6)).toHaveLength(1);
    expect(anchors.match({ ...p6, connection: 1, lane: "x" })).toHaveLength(2);
    expect(anchors.match({ ...p6, session: 1 })).toHaveLength(1);
    expect(anchors.match({ ...p6, session: 1 })).toHaveLength(0);
  });

  it("tells messages apart by direction and type", () => {
    const anchors = createAnchorRegistry();
    anchors.arm({ session: 0 }, event);
    expect(anchors.match({ session: 0, connection: 0, message: { direction: "to-server", type: "a" } })).toEqual([]);
    expect(anchors.match({ session: 0, connection: 0, message: { direction: "to-client", type: "b" } })).toEqual([]);
    expect(anchors.match({ session: 0, connection: 0, message: { direction: "to-client", type: "a" } })).toHaveLength(
      1,
    );
  });

  it("holds whoever confirms until it is released", async () => {
    const anchors = createAnchorRegistry();
    const armed = anchors.arm({ session: 0 }, { ...point, occurrence: 1 });
    let isFree = false;
    for (const hit of anchors.match(p6)) {
      void hit.confirm(site).then(() => {
        isFree = true;
      });
    }
    expect(await armed.outcome).toEqual({ kind: "reached", site });
    await settle();
    expect(isFree).toBe(false);
    armed.release();
    armed.release();
    await settle();
    expect(isFree).toBe(true);
  });

  it("disarms what is still open, and lets go of what is held; what was decided stays decided", async () => {
    const anchors = createAnchorRegistry();
    const open = anchors.arm({ session: 0 }, point);
    const held = anchors.arm({ session: 0 }, { ...point, occurrence: 1 });
    const confirming = anchors.match(p6).map(async (hit) => await hit.confirm(site));
    open.disarm("over");
    held.disarm("over");
    await Promise.all(confirming);
    expect(await open.outcome).toEqual({ kind: "missed", why: "over" });
    expect(await held.outcome).toEqual({ kind: "reached", site });
    expect(anchors.match(p6)).toEqual([]);
  });

  it("does not hold whoever confirms what was disarmed before", async () => {
    const anchors = createAnchorRegistry();
    const armed = anchors.arm({ session: 0 }, { ...point, occurrence: 1 });
    const [hit] = anchors.match(p6);
    armed.disarm("over");
    await hit?.confirm(site);
    expect(await armed.outcome).toEqual({ kind: "missed", why: "over" });
  });

  it("gives the byte anchors of a direction of a connection, nearest first, until they are hit", () => {
    const anchors = createAnchorRegistry();
    const bytes = { kind: "bytes", direction: "to-client" } as const;
    anchors.arm({ session: 0 }, { ...bytes, sizeBytes: 9 });
    anchors.arm({ session: 0, connection: 1 }, { ...bytes, sizeBytes: 5 });
    anchors.arm({ session: 0 }, { ...bytes, direction: "to-server", sizeBytes: 1 });
    anchors.arm({ session: 0 }, { ...bytes, sizeBytes: 2, event });
    const sizes = (connection: number): readonly number[] =>
      anchors.byteAnchors({ session: 0, connection }, "to-client").map(({ sizeBytes }) => sizeBytes);
    expect([sizes(0), sizes(1)]).toEqual([[9], [5, 9]]);
    anchors.byteAnchors({ session: 0, connection: 0 }, "to-client")[0]?.hit();
    expect([sizes(0), sizes(1)]).toEqual([[], [5]]);
  });

  it("needs whole messages only where an anchor before or inside one is waited for", () => {
    const anchors = createAnchorRegistry();
    const needs = (): readonly boolean[] => [
      anchors.needsWholeMessages(0, "to-client"),
      anchors.needsWholeMessages(0, "to-server"),
      anchors.needsWholeMessages(1, "to-client"),
    ];
    anchors.arm({ session: 0 }, { ...event, edge: "after" });
    anchors.arm({ session: 0 }, point);
    expect(needs()).toEqual([false, false, false]);
    const armed = anchors.arm({ session: 0 }, event);
    expect(needs()).toEqual([true, false, false]);
    armed.disarm("over");
    expect(needs()).toEqual([false, false, false]);
  });
});
