import type { ToxicType } from "./toxic.ts";
import { bandwidth } from "./toxics/bandwidth.ts";
import { cutwireCorrupt } from "./toxics/cutwire-corrupt.ts";
import { cutwireFin } from "./toxics/cutwire-fin.ts";
import { cutwireRst } from "./toxics/cutwire-rst.ts";
import { cutwireStall } from "./toxics/cutwire-stall.ts";
import { latency } from "./toxics/latency.ts";
import { limitData } from "./toxics/limit-data.ts";
import { noop } from "./toxics/noop.ts";
import { resetPeer } from "./toxics/reset-peer.ts";
import { slicer } from "./toxics/slicer.ts";
import { slowClose } from "./toxics/slow-close.ts";
import { timeout } from "./toxics/timeout.ts";

const TOXIPROXY_TYPES: readonly ToxicType[] = [
  bandwidth,
  latency,
  limitData,
  noop,
  resetPeer,
  slicer,
  slowClose,
  timeout,
];
const OWN_TYPES: readonly ToxicType[] = [cutwireCorrupt, cutwireFin, cutwireRst, cutwireStall];

/**
 * Every toxic by the name that the API knows it by: Toxiproxy's own, and ours with the prefix `cutwire_`.
 *
 * This is the only file that names concrete toxics.
 */
export const TOXIC_TYPES: ReadonlyMap<string, ToxicType> = new Map(
  [...TOXIPROXY_TYPES, ...OWN_TYPES].map((type) => [type.type, type]),
);
