/** What a load client can be told. A pool of connections is named by the port that they were opened to. */
export type LoadQuestion =
  | { readonly kind: "open"; readonly port: number; readonly connections: number }
  | ({ readonly kind: "run"; readonly port: number } & Load)
  | { readonly kind: "close"; readonly port: number };

/** What is sent, for example `{ sizeBytes: 200, inFlight: 1, warmUpMs: 100, measureMs: 400 }`. */
export type Load = {
  readonly sizeBytes: number;
  /** Messages on their way at once on each connection; with 1 each waits for the echo of the one before. */
  readonly inFlight: number;
  /** How long the load runs before anything is counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
};

/** What came of a load. */
export type LoadResult = {
  readonly roundTripsPerSecond: number;
  /** From writing a message to reading the last byte of its echo; 0 where several were in flight. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Those of the warm-up included: what the processor time of a proxy is to be divided by. */
  readonly roundTrips: number;
};
