export {
  openTcpProxyServer,
  type ProxyConfig,
  type TcpProxyServer,
  type TcpProxyServerOptions,
} from "./tcp-proxy-server.ts";
export type {
  ConnectionInterceptor,
  Direction,
  Edge,
  Gate,
  GateAnswer,
  InterceptedConnection,
  Interceptor,
  Side,
} from "./interceptor.ts";
export type {
  AttachMoment,
  AttributeRule,
  Link,
  StopReason,
  Toxic,
  ToxicAttributes,
  ToxicTools,
  ToxicType,
} from "./toxic.ts";
export { TOXIC_TYPES } from "./toxic-registry.ts";
