export { type ControlApi, type ControlApiOptions, openControlApi } from "./control-api.ts";
export type { ErrorMember, ErrorShape } from "./error-shape.ts";
export { createEventLog, type EventLog, type LoggedEvent } from "./event-log.ts";
export type { Hold } from "./hold-list.ts";
export type { ServerMoment, WaitingOrder } from "./order-book.ts";
export { createResponsesEndpoint, type ResponsesEndpoint } from "./responses-endpoint.ts";
export { openResponsesServer, type ResponsesServer } from "./responses-server.ts";
export { parseScriptFile, SCRIPT_FILE_VERSION, type ScriptFile, scriptOfFile } from "./script-file.ts";
export { nextStep, NO_TURN_TEXT } from "./scripted-model.ts";
export type { Forgettable, OpenConnection, ServerControl } from "./server-control.ts";
export type { ServerEvent } from "./server-event.ts";
export {
  type AtAgeCap,
  DEFAULT_SERVER_LIMITS,
  type ResponsesEndpointOptions,
  type ResponsesServerOptions,
  type ServerLimits,
} from "./server-options.ts";
export {
  type OrderAction,
  type OrderedError,
  type OrderPlace,
  parseServerOrder,
  SERVER_POINTS,
  type RefusalStatus,
  type ServerOrder,
  type ServerPoint,
} from "./server-order.ts";
