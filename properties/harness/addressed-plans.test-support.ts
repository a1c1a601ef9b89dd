import type { Anchor, Fault, Plan, ScheduledFault } from "cutwire";
import { planArbitrary } from "cutwire/properties";
import fc from "fast-check";

/** Messages of a session with tools, by the direction that they go in. */
const TYPES = {
  "to-client": [
    "response.created",
    "response.output_item.added",
    "response.output_text.delta",
    "response.function_call_arguments.delta",
    "response.output_item.done",
    "response.completed",
  ],
  "to-server": ["response.create"],
} as const;

/** Faults that strike at one byte, whatever the time. */
const FAULTS: readonly Fault[] = [
  { kind: "cut", mode: "fin" },
  { kind: "cut", mode: "rst" },
  { kind: "cut", mode: "blackhole" },
];
const FRAME_FAULTS: readonly Fault[] = [...FAULTS, { kind: "close", code: 1001 }, { kind: "close", code: 1012 }];

/** How far into a direction a cut may come, in bytes: beyond the end of most connections. */
const BYTES_MAX = 9_000;

const directionArbitrary = fc.constantFrom("to-client" as const, "to-server" as const);

const bytesArbitrary: fc.Arbitrary<ScheduledFault> = fc
  .record({
    fault: fc.constantFrom(...FAULTS),
    direction: directionArbitrary,
    sizeBytes: fc.integer({ min: 0, max: BYTES_MAX }),
    connection: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ fault, direction, sizeBytes, connection }) =>
    scheduled(fault, { kind: "bytes", direction, sizeBytes }, { session: 0, connection }),
  );

const eventArbitrary: fc.Arbitrary<ScheduledFault> = fc
  .record({
    fault: fc.constantFrom(...FRAME_FAULTS),
    direction: directionArbitrary,
    type: fc.nat(100),
    occurrence: fc.integer({ min: 1, max: 4 }),
    edge: fc.constantFrom("before" as const, "inside" as const, "after" as const),
  })
  .map(({ fault, direction, type, occurrence, edge }) => {
    const types = TYPES[direction];
    const where = { direction, type: types[type % types.length] ?? types[0], occurrence } as const;
    // A Close frame goes between two frames.
    const at = fault.kind === "close" && edge === "inside" ? "after" : edge;
    return scheduled(fault, { kind: "event", ...where, edge: at }, { session: 0 });
  });

function scheduled(fault: Fault, at: Anchor, place: ScheduledFault["when"]["place"]): ScheduledFault {
  return { id: "fault", fault, when: { place, at }, heal: { kind: "on-close" } };
}

/** Plans whose faults are addressed by messages and bytes alone: nothing in them depends on how long anything takes. */
export function addressedPlans(): fc.Arbitrary<Plan> {
  return fc
    .tuple(
      planArbitrary({ turnsMax: 2, faultsMax: 1 }),
      fc.array(fc.oneof(bytesArbitrary, eventArbitrary), { minLength: 1, maxLength: 2 }),
    )
    .map(([plan, faults]) => ({ ...plan, faults: faults.map((fault, index) => ({ ...fault, id: `fault-${index}` })) }));
}
