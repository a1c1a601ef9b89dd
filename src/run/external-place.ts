/** A Toxiproxy, a tap and a server that run already. */
export type ExternalPlace = {
  /** Toxiproxy's API, for example `"http://127.0.0.1:8474"`. */
  readonly toxiproxyUrl: string;
  /** Ports that Toxiproxy may listen on for us, one for each session at a time, reached on the host of its API. */
  readonly listenPorts: readonly number[];
  /** `host` and first port of what Toxiproxy dials: the tap, which has a port for each of `listenPorts`, or a server. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** The tap's control API as we reach it; without one `upstream` is the server itself. */
  readonly tapUrl?: string;
  /** The reference server's control API as we reach it; without one the server is somebody's own. */
  readonly controlUrl?: string;
};
