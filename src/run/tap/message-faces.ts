import type { Direction } from "../../protocol/direction.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { MessageEditor, OutgoingPiece } from "./message-editor.ts";
import type { StreamUnit } from "./message-reader.ts";
import type { OpenRequest } from "./open-requests.ts";

/** The messages of one session, for faults that are made at the faces and so work with any server. */
export type MessageFaces = {
  /** Puts an editor in front of those that are there already, until it is removed. */
  addEditor(editor: MessageEditor): { remove(): void };
  /**
   * Puts messages in where a direction of a connection stands between two frames; `make` is asked at that moment, when
   * nothing moves. Resolves when the kernel took them; rejects where the connection is gone or was never upgraded.
   */
  insert(place: FacePlace, make: () => readonly OutgoingPiece[]): Promise<void>;
  /** The oldest create of a connection that the server has not answered to the end. */
  oldestRequest(connection: number): OpenRequest | undefined;
  /** How many of them there are in a lane. */
  requestCount(connection: number, lane: string | undefined): number;
  /** The frame that a direction stands behind, to say where a message was put in; undefined before the first. */
  lastUnit(place: FacePlace): StreamUnit | undefined;
  /** The last finished function call that went to the client, on whatever connection. */
  lastCall(): DeliveredCall | undefined;
};

/** The `response.output_item.done` of a function call, and the response that it belongs to. */
export type DeliveredCall = { readonly message: JsonObject; readonly responseId: string | undefined };

/** A direction of a connection. */
export type FacePlace = { readonly connection: number; readonly direction: Direction };
