import type { Alteration, EventPlace, FaceEventBody, UnrecordedEvent } from "../../history/event.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { ProtocolPoint } from "../../protocol/protocol-point.ts";
import type { MessageLabels } from "./message-labels.ts";
import type { StreamUnit } from "./message-reader.ts";

/** What the event of a message is made of besides its place. */
export type MessageEventParts = {
  readonly direction: Direction;
  readonly unit: Extract<StreamUnit, { kind: "message" }>;
  readonly labels: MessageLabels;
  readonly point: ProtocolPoint | undefined;
  readonly altered: Alteration | undefined;
  /** The face on the sender's side keeps the whole body. */
  readonly withBody: boolean;
};

type Face = "client-face" | "server-face";
type MessageEvent = { source: Face } & EventPlace & Extract<FaceEventBody, { kind: "message" }>;

/**
 * A message as it stands in a history.
 *
 * Two of these are made for each message of a run, so they are put together member by member: to spread objects of many
 * shapes into a new one takes many times as long.
 *
 * @example messageEventOf({ source: "server-face", session: 0, connection: 0 }, { direction: "to-client", … })
 */
export function messageEventOf(
  { source, session, connection }: { readonly source: Face; readonly session: number; readonly connection: number },
  { direction, unit, labels, point, altered, withBody }: MessageEventParts,
): UnrecordedEvent {
  const { lane, responseId, callId, operation } = labels;
  const { index: frame, endOffset } = unit.frame;
  const event: { -readonly [Key in keyof MessageEvent]: MessageEvent[Key] } = {
    source,
    session,
    connection,
    kind: "message",
    direction,
    frame,
    endOffset,
    type: unit.type,
  };
  if (lane !== undefined) event.lane = lane;
  if (responseId !== undefined) event.responseId = responseId;
  if (callId !== undefined) event.callId = callId;
  if (operation !== undefined) event.operation = operation;
  if (point !== undefined) event.point = point;
  if (altered !== undefined) event.altered = altered;
  if (withBody) event.body = unit.body;
  return event;
}
