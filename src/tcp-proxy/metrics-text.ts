import type { ProxyMetrics } from "./proxy-metrics.ts";

/** One metric with all its values, as Prometheus' text format has it. */
type Metric = {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
};

/** The media type of Prometheus' text format, as the real API announces it. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/**
 * The metrics as Prometheus reads them: bytes per proxy, figures of this process, or both.
 *
 * The names of the proxy metrics and of `process_…` are those of the real server; its `go_…` have `nodejs_…` instead.
 */
export function printMetrics(sources: { proxies: ProxyMetrics | undefined; hasRuntime: boolean }): string {
  const runtime = sources.hasRuntime ? runtimeMetrics() : [];
  const proxies = sources.proxies === undefined ? [] : proxyMetrics(sources.proxies);
  return [...runtime, ...proxies]
    .filter(({ samples }) => samples.length > 0)
    .map(printMetric)
    .join("");
}

function proxyMetrics(metrics: ProxyMetrics): readonly Metric[] {
  const streams = [
    { direction: "downstream", of: "to-client" },
    { direction: "upstream", of: "to-server" },
  ] as const;
  const metric = (name: string, count: "receivedBytes" | "sentBytes"): Metric => ({
    name: `toxiproxy_proxy_${name}_bytes_total`,
    help: "",
    type: "counter",
    samples: streams.flatMap(({ direction, of }) =>
      metrics.all().map(({ labels: { proxy, listener, upstream }, counters }) => ({
        labels: { direction, listener, proxy, upstream },
        value: counters[of][count],
      })),
    ),
  });
  return [metric("received", "receivedBytes"), metric("sent", "sentBytes")];
}

function runtimeMetrics(): readonly Metric[] {
  const memory = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const single = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type: name.endsWith("_total") ? "counter" : "gauge",
    samples: [{ labels: {}, value }],
  });
  return [
    {
      name: "nodejs_version_info",
      help: "Version of Node.js.",
      type: "gauge",
      samples: [{ labels: { version: process.version }, value: 1 }],
    },
    single("nodejs_heap_size_total_bytes", "Process heap size from Node.js in bytes.", memory.heapTotal),
    single("nodejs_heap_size_used_bytes", "Process heap size used from Node.js in bytes.", memory.heapUsed),
    single("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", (user + system) / 1e6),
    single("process_resident_memory_bytes", "Resident memory size in bytes.", memory.rss),
  ];
}

function printMetric({ name, help, type, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => `${name}${printLabels(labels)} ${value}\n`).toSorted();
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function printLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
