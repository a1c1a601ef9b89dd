import { z } from "zod";

import type { Capability, FaultDescription } from "../fault-description.ts";
import type { ToxicFault } from "../wire-faults.ts";

const Milliseconds = z.number().int().min(0).max(3_600_000).describe("ms");
const Bytes = z.number().int().min(0).max(10_000_000_000).describe("bytes");

const LatencySchema = z
  .strictObject({ latency: Milliseconds, jitter: Milliseconds.exactOptional() })
  .refine(({ latency, jitter = 0 }) => jitter <= latency, { path: ["jitter"], message: "must not exceed latency" });

const SlicerSchema = z
  .strictObject({
    average_size: z.number().int().min(1).max(1_000_000).describe("bytes"),
    size_variation: z.number().int().min(0).max(1_000_000).describe("bytes").exactOptional(),
    delay: z.number().int().min(0).max(60_000_000).describe("µs behind each piece").exactOptional(),
  })
  .refine(({ average_size: average, size_variation: variation = 0 }) => variation < average, {
    path: ["size_variation"],
    message: "must be less than average_size, or a real Toxiproxy ends its process",
  });

const ToxicSchema = z.discriminatedUnion("type", [
  // Kilobytes per second; a rate of 0 lets nothing pass, which is what a stall is for.
  shapeOf(
    "bandwidth",
    z.strictObject({ rate: z.number().int().min(1).max(10_000_000).describe("KB (1000 bytes) per second") }),
  ),
  shapeOf("latency", LatencySchema),
  shapeOf("limit_data", z.strictObject({ bytes: Bytes })),
  shapeOf("reset_peer", z.strictObject({ timeout: Milliseconds })),
  shapeOf("slicer", SlicerSchema),
  shapeOf("slow_close", z.strictObject({ delay: Milliseconds })),
  shapeOf("timeout", z.strictObject({ timeout: Milliseconds })),
]);

type ToxicShape<Type extends string, Attributes extends z.ZodType> = z.ZodObject<
  {
    kind: z.ZodLiteral<"toxic">;
    type: z.ZodLiteral<Type>;
    direction: z.ZodEnum<{ "to-client": "to-client"; "to-server": "to-server" }>;
    attributes: Attributes;
  },
  z.core.$strict
>;

/** What each toxic can be told, in Toxiproxy's own names and units. */
function shapeOf<Type extends string, Attributes extends z.ZodType>(
  type: Type,
  attributes: Attributes,
): ToxicShape<Type, Attributes> {
  const direction = z.enum(["to-client", "to-server"]);
  return z.strictObject({ kind: z.literal("toxic"), type: z.literal(type), direction, attributes });
}

const CAPABILITIES: Readonly<Record<string, Capability>> = {
  bandwidth: "toxic-bandwidth",
  latency: "toxic-latency",
  limit_data: "toxic-limit-data",
  reset_peer: "toxic-reset-peer",
  slicer: "toxic-slicer",
  slow_close: "toxic-slow-close",
  timeout: "toxic-timeout",
};

/** Puts one of Toxiproxy's toxics on the session's wire, under Toxiproxy's own names and units. */
export const toxicFault: FaultDescription<ToxicFault> = {
  kind: "toxic",
  ids: ["F-03", "F-07", "F-08", "F-12", "F-14"],
  title: "Adds a toxic of Toxiproxy to one direction of the session's wire",
  schema: ToxicSchema,
  layer: "byte",
  appliedBy: "proxy",
  scope: "wire",
  needs: ({ type }) => [CAPABILITIES[type] ?? "toxic-latency"],
  fired: "fault-applied, after the proxy read the toxic back",
};
