import type { ByteCounter } from "./flow.ts";
import type { Direction } from "./interceptor.ts";

/** Which proxy a counter belongs to, as it was when the connection started. */
export type MetricLabels = { readonly proxy: string; readonly listener: string; readonly upstream: string };

/** The bytes that went through each proxy, by direction. They move while connections live. */
export type ProxyMetrics = {
  countersOf(labels: MetricLabels): Readonly<Record<Direction, ByteCounter>>;
  /** In the order of first use. */
  all(): readonly { readonly labels: MetricLabels; readonly counters: Readonly<Record<Direction, ByteCounter>> }[];
};

/** How many different sets of labels are counted; connections beyond that are not. */
const LABELS_MAX = 10_000;

/** Creates counters that all stand at 0. */
export function createProxyMetrics(): ProxyMetrics {
  const entries = new Map<string, { labels: MetricLabels; counters: Record<Direction, ByteCounter> }>();
  return {
    countersOf(labels) {
      const key = JSON.stringify([labels.proxy, labels.listener, labels.upstream]);
      const known = entries.get(key);
      if (known !== undefined) return known.counters;
      const counters = {
        "to-client": { receivedBytes: 0, sentBytes: 0 },
        "to-server": { receivedBytes: 0, sentBytes: 0 },
      };
      if (entries.size < LABELS_MAX) entries.set(key, { labels, counters });
      return counters;
    },
    all: () => [...entries.values()],
  };
}
