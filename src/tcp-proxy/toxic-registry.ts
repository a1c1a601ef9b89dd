import type { ToxicType } from "./toxic.ts";
import { cutwireFin } from "./toxics/cutwire-fin.ts";
import { cutwireRst } from "./toxics/cutwire-rst.ts";
import { cutwireStall } from "./toxics/cutwire-stall.ts";
import { latency } from "./toxics/latency.ts";
import { limitData } from "./toxics/limit-data.ts";
import { timeout } from "./toxics/timeout.ts";

/**
 * Every toxic by the name that the API knows it by: Toxiproxy's own, and ours with the prefix `cutwire_`.
 *
 * This is the only file that names concrete toxics.
 */
export const TOXIC_TYPES: ReadonlyMap<string, ToxicType> = new Map(
  [latency, limitData, timeout, cutwireFin, cutwireRst, cutwireStall].map((type) => [type.type, type]),
);
