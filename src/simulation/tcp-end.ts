import type { Owner, VirtualClock } from "../determinism/virtual-clock.ts";
import type { Random } from "../determinism/random.ts";

/** What an end of a connection tells whoever holds it; everything comes in a task of its own. */
export type TcpEvents = {
  connected(): void;
  data(bytes: Buffer): void;
  /** The peer's FIN, behind all its bytes. */
  ended(): void;
  /** The connection failed: `"ECONNRESET"`, `"ECONNREFUSED"`, `"ETIMEDOUT"`. */
  failed(code: string): void;
};

/** How much may be on its way and unread in one direction: what Linux gives a connection on loopback, as measured. */
export const WINDOW_SIZE_BYTES: number = 3_840 * 1024;

/** The longest segment: what loopback takes at once. */
const SEGMENT_SIZE_BYTES_MAX: number = 64 * 1024;
/** How long a segment takes, in microseconds, drawn for each. */
const HOP_US_MIN = 20;
const HOP_US_MAX = 200;
/** Of 16 segments so many are split in two, and so many join the one before them that is still on its way. */
const SPLIT_OF_16 = 1;
const JOIN_OF_16 = 4;

type Segment = {
  bytes: Buffer;
  readonly kind: "data" | "fin" | "rst";
  /** The window had room for it. */
  taken?(): void;
};

/** One end of a simulated TCP connection, as the kernel has it. It begins unread, as an accepted socket does. */
export class TcpEnd {
  readonly owner: Owner;
  readonly #clock: VirtualClock;
  readonly #chance: Random;
  #events: TcpEvents | undefined;
  #peer: TcpEnd | undefined;
  /** Segments that this end has sent and that are on their way. */
  readonly #flying: Segment[] = [];
  /** What the window has no room for. */
  readonly #waiting: Segment[] = [];
  #lastArrivalMs = 0;
  /** Bytes in the air and unread at the peer. */
  #windowUsed = 0;
  /** Segments that have arrived and were not read. */
  readonly #unread: Segment[] = [];
  #isReading = false;
  #isReset: string | undefined;
  #hasSentEnd = false;
  #isClosed = false;

  constructor(options: { readonly clock: VirtualClock; readonly chance: Random; readonly owner: Owner }) {
    this.owner = options.owner;
    this.#clock = options.clock;
    this.#chance = options.chance;
  }

  /** Joins two ends. Nothing is told yet. */
  join(peer: TcpEnd): void {
    this.#peer = peer;
  }

  listen(events: TcpEvents): void {
    this.#events = events;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** When a segment that is sent now arrives: later than all before it. */
  arrivalMs(): number {
    const hopMs = this.#chance.integer(HOP_US_MIN, HOP_US_MAX) / 1_000;
    this.#lastArrivalMs = Math.max(this.#clock.nowMs() + hopMs, this.#lastArrivalMs);
    return this.#lastArrivalMs;
  }

  connected(): void {
    if (!this.#isClosed) this.#events?.connected();
  }

  /** Tells of a failure, unless the end is closed or has failed before. */
  fail(code: string): void {
    if (this.#isClosed || this.#isReset !== undefined) return;
    this.#isReset = code;
    this.#unread.length = 0;
    this.#events?.failed(code);
  }

  /** Sends bytes; `taken` is called when the kernel has taken them all, which may be at once. */
  send(bytes: Buffer, taken: () => void): void {
    let rest = bytes;
    while (rest.length > SEGMENT_SIZE_BYTES_MAX) {
      this.#put({ bytes: rest.subarray(0, SEGMENT_SIZE_BYTES_MAX), kind: "data" });
      rest = rest.subarray(SEGMENT_SIZE_BYTES_MAX);
    }
    this.#put({ bytes: rest, kind: "data", taken });
  }

  /** Sends a FIN behind everything. */
  sendEnd(taken: () => void): void {
    this.#hasSentEnd = true;
    this.#put({ bytes: NOTHING, kind: "fin", taken });
  }

  /** Goes on reading, or stops: what arrives then stays in the kernel and fills the window. */
  setReading(isReading: boolean): void {
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    if (isReading && this.#unread.length > 0) this.#clock.startImmediate(this.owner, () => this.#readOn());
  }

  /** Sends an RST and is gone: what is on its way from here still arrives before it. */
  reset(): void {
    if (this.#isClosed) return;
    this.#close();
    this.#fly({ bytes: NOTHING, kind: "rst" });
  }

  /** Closes as the kernel does for a process: with an RST where something lies unread, and otherwise with a FIN. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#isReset !== undefined) {
      this.#close();
      return;
    }
    if (this.#unread.some(({ kind }) => kind === "data") || this.#waiting.length > 0) {
      this.reset();
      return;
    }
    this.#close();
    if (!this.#hasSentEnd) this.#fly({ bytes: NOTHING, kind: "fin" });
  }

  /** Closes without a word: there never was anybody. */
  abandon(): void {
    this.#close();
  }

  #close(): void {
    this.#isClosed = true;
    this.#unread.length = 0;
    this.#waiting.length = 0;
  }

  #put(segment: Segment): void {
    if (this.#isClosed || this.#isReset !== undefined) return;
    if (this.#waiting.length > 0 || this.#windowUsed + segment.bytes.length > WINDOW_SIZE_BYTES) {
      this.#waiting.push(segment);
      return;
    }
    this.#windowUsed += segment.bytes.length;
    this.#sendInPieces(segment);
    // Whoever is told may send at once, and that comes behind.
    segment.taken?.();
  }

  #sendInPieces(segment: Segment): void {
    const dice = segment.kind === "data" ? this.#chance.integer(0, 15) : SPLIT_OF_16 + JOIN_OF_16;
    const last = this.#flying.at(-1);
    if (dice < SPLIT_OF_16 && segment.bytes.length > 1) {
      const place = this.#chance.integer(1, segment.bytes.length - 1);
      this.#fly({ ...segment, bytes: segment.bytes.subarray(0, place) });
      this.#fly({ ...segment, bytes: segment.bytes.subarray(place) });
    } else if (dice < SPLIT_OF_16 + JOIN_OF_16 && last?.kind === "data") {
      last.bytes = Buffer.concat([last.bytes, segment.bytes]);
    } else this.#fly(segment);
  }

  #fly(segment: Segment): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    this.#flying.push(segment);
    this.#clock.startTimerOf(peer.owner, this.arrivalMs() - this.#clock.nowMs(), () => {
      this.#flying.shift();
      peer.#arrive(segment);
    });
  }

  #arrive(segment: Segment): void {
    if (this.#isReset !== undefined) return;
    if (segment.kind === "rst") {
      this.#arriveReset();
      return;
    }
    if (this.#isClosed) {
      if (segment.kind === "data") this.#fly({ bytes: NOTHING, kind: "rst" });
      return;
    }
    this.#unread.push(segment);
    if (this.#isReading) this.#readOn();
  }

  /** Whoever does not read does not notice a reset either, until he reads again. */
  #arriveReset(): void {
    if (this.#isReading) this.fail("ECONNRESET");
    else this.#unread.splice(0, this.#unread.length, { bytes: NOTHING, kind: "rst" });
  }

  #readOn(): void {
    while (this.#isReading && !this.#isClosed) {
      const segment = this.#unread.shift();
      if (segment === undefined) break;
      if (segment.kind === "rst") this.fail("ECONNRESET");
      else if (segment.kind === "fin") this.#events?.ended();
      else {
        if (this.#peer !== undefined) this.#peer.#freed(segment.bytes.length);
        this.#events?.data(segment.bytes);
      }
    }
  }

  #freed(sizeBytes: number): void {
    this.#windowUsed -= sizeBytes;
    this.#regulate();
  }

  #regulate(): void {
    while (this.#waiting[0] !== undefined && this.#windowUsed + this.#waiting[0].bytes.length <= WINDOW_SIZE_BYTES) {
      const segment = this.#waiting.shift();
      if (segment === undefined) return;
      this.#windowUsed += segment.bytes.length;
      this.#fly(segment);
      segment.taken?.();
    }
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
