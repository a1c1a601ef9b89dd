export { openResponsesServer, type ResponsesServer } from "./responses-server.ts";
export { createResponsesEndpoint, type ResponsesEndpoint } from "./responses-endpoint.ts";
export {
  type AtAgeCap,
  DEFAULT_SERVER_LIMITS,
  type ResponsesEndpointOptions,
  type ResponsesServerOptions,
  type ServerLimits,
} from "./server-options.ts";
export type { ServerEvent } from "./server-event.ts";
export { nextStep, NO_TURN_TEXT } from "./scripted-model.ts";
