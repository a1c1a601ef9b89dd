import type { Direction } from "./direction.ts";

/** A named moment of a session, where field bugs come from (failures.md §0). */
export type ProtocolPoint =
  "P0" | "P1" | "P2" | "P3" | "P4" | "P5" | "P6" | "P7" | "P8" | "P9" | "P10" | "P11" | "P12" | "P13" | "P14";

/** What a protocol point stands for, and who detects it and holds what follows (DESIGN §3). */
export type ProtocolPointDescription = {
  readonly point: ProtocolPoint;
  readonly title: string;
  readonly heldBy: "client-face" | "server-face" | "tool" | "harness";
  /** The way the bytes travel that end with the point; absent where no bytes do. */
  readonly direction?: Direction;
};

/**
 * Every protocol point, in the order of a session that uses one tool.
 *
 * What tells the first response from the later one is the content, not a count: a create whose newest item is a tool
 * output makes P10 and P11, a completed response that asks for tools is P7, one that does not is P13. So each point
 * keeps its meaning in a session without tools, and in one with three rounds of them.
 */
export const PROTOCOL_POINTS: readonly ProtocolPointDescription[] = [
  { point: "P0", title: "dial accepted by the proxy", heldBy: "client-face" },
  { point: "P1", title: "upgrade answered with 101", heldBy: "client-face", direction: "to-client" },
  { point: "P2", title: "create sent", heldBy: "client-face", direction: "to-server" },
  { point: "P3", title: "response.created", heldBy: "server-face", direction: "to-client" },
  { point: "P4", title: "output_item.added of a function call", heldBy: "server-face", direction: "to-client" },
  { point: "P5", title: "a delta of function call arguments", heldBy: "server-face", direction: "to-client" },
  { point: "P6", title: "output_item.done of a function call", heldBy: "server-face", direction: "to-client" },
  { point: "P7", title: "response.completed that asks for tools", heldBy: "server-face", direction: "to-client" },
  { point: "P8", title: "tool started, no effect yet", heldBy: "tool" },
  { point: "P9", title: "tool has its effect, not returned yet", heldBy: "tool" },
  { point: "P10", title: "create with tool outputs sent", heldBy: "client-face", direction: "to-server" },
  { point: "P11", title: "response.created after tool outputs", heldBy: "server-face", direction: "to-client" },
  { point: "P12", title: "a delta of visible text", heldBy: "server-face", direction: "to-client" },
  { point: "P13", title: "response.completed that ends the turn", heldBy: "server-face", direction: "to-client" },
  { point: "P14", title: "turn ended, connection idle", heldBy: "harness" },
];

/** The description of a point. */
export function describePoint(point: ProtocolPoint): ProtocolPointDescription {
  const description = PROTOCOL_POINTS.find((candidate) => candidate.point === point);
  if (description === undefined) throw new RangeError(`no protocol point ${point}`);
  return description;
}
