import type { Clock } from "../../determinism/clock.ts";
import type { Recorder } from "../../history/recorder.ts";
import type { Direction } from "../../protocol/direction.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { InterceptedConnection } from "../../tcp-proxy/interceptor.ts";
import type { AnchorRegistry } from "../anchor-registry.ts";
import type { DialRejection, UpgradeDisturbance } from "../backend.ts";
import type { MessageEdit, PassingMessage } from "./message-editor.ts";

/** What the tap of one connection needs. */
export type ConnectionTapOptions = {
  readonly session: number;
  /** Index of the dial, from 0. */
  readonly connection: number;
  readonly hand: InterceptedConnection;
  readonly anchors: AnchorRegistry;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly messageSizeBytesMax: number;
  readonly confirmDeadlineMs: number;
  /** Asked once for each dial, after the anchors of P0 have been dealt with; undefined lets it through. */
  readonly rejection: () => DialRejection["how"] | undefined;
  /** Asked once for each answer that upgrades; undefined lets it pass. */
  readonly disturbance: () => UpgradeDisturbance["how"] | undefined;
  readonly isEdited: (direction: Direction) => boolean;
  readonly edit: (direction: Direction, message: PassingMessage) => MessageEdit | undefined;
  /** A message went on as it came. */
  readonly onPassed: (direction: Direction, message: JsonObject) => void;
  readonly onBytes: (sizeBytes: number) => void;
};
