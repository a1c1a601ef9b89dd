import { createDeferred, type Deferred } from "../../determinism/waiting.ts";
import type { EventBody } from "../../history/event.ts";
import { secretsOfRequest } from "../../history/redaction.ts";
import { encodeServerCloseFrame } from "../../protocol/close-codes.ts";
import { type Direction, DIRECTIONS } from "../../protocol/direction.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { createPointReader } from "../../protocol/point-of-event.ts";
import type { ConnectionInterceptor, Gate, GateAnswer } from "../../tcp-proxy/interceptor.ts";
import type { DialRejection, UpgradeDisturbance } from "../backend.ts";
import { isSessionKey } from "../target.ts";
import type { ConnectionTapOptions } from "./connection-tap-options.ts";
import { CLOSING, DirectionTap, FACES_OF_DIRECTION } from "./direction-tap.ts";
import { type HeadState, NOTHING, openHead } from "./head-state.ts";
import { HEAD_SIZE_BYTES_MAX, type HttpHead, requestPathOf, splitHead, statusOf, withoutHeader } from "./http-head.ts";
import type { MessageEdit, OutgoingPiece, PassingMessage } from "./message-editor.ts";
import { createMessageLabeller } from "./message-labels.ts";
import type { StreamUnit } from "./message-reader.ts";
import { createOpenRequests, type OpenRequests } from "./open-requests.ts";
import { createStreamTail, type StreamTail } from "./stream-tail.ts";
import type { StreamStop } from "./stream-tap.ts";
import { encodeRefusal, hintOfAnswer, hintOfRefusal, withWrongAcceptKey } from "./upgrade-answer.ts";
import { createUpgradeWait, type UpgradeWait } from "./upgrade-wait.ts";

/** The two faces of one connection: what the proxy shows to its interceptor, read as a protocol. */
export class ConnectionTap implements ConnectionInterceptor {
  /** Resolves when both sockets are gone. */
  readonly gone: Promise<void>;
  /** The creates that the server has not answered to the end. */
  readonly requests: OpenRequests = createOpenRequests();
  readonly #options: ConnectionTapOptions;
  readonly #gone: Deferred<void> = createDeferred<void>();
  readonly #heads: Record<Direction, HeadState> = { "to-client": openHead(), "to-server": openHead() };
  readonly #tails: Record<Direction, StreamTail> = { "to-client": createStreamTail(), "to-server": createStreamTail() };
  readonly #taps: Record<Direction, DirectionTap>;
  readonly #points = createPointReader();
  readonly #labeller = createMessageLabeller();
  /** How many stops are being waited for. */
  #holds = 0;
  /** Whether a Close frame of ours went to the client. */
  #isClosing = false;
  #rejectedWith: DialRejection["how"] | undefined;
  #disturbance: UpgradeDisturbance["how"] | "none" | undefined;
  readonly #upgradeWait: UpgradeWait;
  /** A stop that the end of the upgrade's answer reached (P1). */
  #upgradeStop: StreamStop | undefined;
  /** Whether the client hung up: what reaches its kernel from then on, it never reads. */
  #isClientGone = false;
  #totalToClient = 0;
  /** What that total was when the client last sent something: it had read at least until then. */
  #totalWhenClientSpoke = 0;
  #onTotalToClient: () => void = () => undefined;

  constructor(options: ConnectionTapOptions) {
    this.#options = options;
    this.gone = this.#gone.promise;
    this.#upgradeWait = createUpgradeWait(options.clock, () => this.#release());
    this.#taps = { "to-client": this.#openTap("to-client"), "to-server": this.#openTap("to-server") };
  }

  async accepted(): Promise<"dial" | "answer"> {
    const { anchors, connection, session, hand } = this.#options;
    const by = this.#record({ source: "client-face", kind: "dialled" });
    const hits = anchors.match({ session, connection, point: "P0" });
    await Promise.all(hits.map(async (hit) => await hit.confirm({ connection, heldBy: "client-face", by })));
    this.#rejectedWith = this.#options.rejection();
    if (this.#rejectedWith === undefined) return "dial";
    if (this.#rejectedWith === "reset") {
      this.#record({ source: "client-face", kind: "dial-rejected", how: "reset" });
      hand.reset("client");
    }
    return "answer";
  }

  /** How many bytes the client may have in its kernel unread, at the most. An RST destroys what is beyond its window. */
  get unreadBytesMax(): number {
    return this.#totalToClient - this.#totalWhenClientSpoke;
  }

  bytes(gate: Gate, chunk: Buffer): GateAnswer {
    if (gate.direction === "to-server" && gate.edge === "in") this.#totalWhenClientSpoke = this.#totalToClient;
    if (gate.edge === "out") return { pass: this.#takeOut(gate.direction, chunk) };
    const answer = this.#takeIn(gate.direction, chunk);
    // What is held comes here again.
    this.#options.onBytes(chunk.length - (answer.held?.length ?? 0));
    return answer;
  }

  written(direction: Direction, totalBytes: number): void {
    const head = this.#heads[direction].sizeBytesOut;
    if (direction === "to-client") {
      this.#totalToClient = totalBytes;
      this.#onTotalToClient();
    }
    if (direction === "to-client" && this.#isClientGone) return;
    if (head !== undefined && totalBytes >= head) this.#taps[direction].delivered(totalBytes - head);
  }

  ended(gate: Gate): void {
    if (gate.edge === "in") {
      if (gate.direction === "to-server") this.#isClientGone = true;
      this.#passRest(gate.direction);
      this.#upgradeWait.end();
    }
    const { enters, leaves } = FACES_OF_DIRECTION[gate.direction];
    this.#record({ source: gate.edge === "in" ? enters : leaves, kind: "ended", edge: gate.edge });
  }

  reset(side: "client" | "server", by: "peer" | "proxy"): void {
    this.#record({ source: side === "client" ? "client-face" : "server-face", kind: "reset", by });
  }

  upstreamFailed(code: string): void {
    this.#record({ source: "server-face", kind: "upstream-failed", code });
  }

  closed(): void {
    this.#upgradeWait.end();
    for (const tap of Object.values(this.#taps)) tap.closed();
    this.#record({ source: "client-face", kind: "connection-closed" });
    this.#gone.resolve();
  }

  /**
   * Sends a Close frame to the client behind the frame that is under way, and nothing of the server behind it but its
   * FIN. Resolves when the kernel took it; rejects where the connection was gone before, or was being closed already.
   */
  async close(code: number, reason: string): Promise<void> {
    const { hand } = this.#options;
    const tap = this.#taps["to-client"];
    const stopped = createDeferred<void>();
    tap.stopAtBoundary(() => stopped.resolve());
    await Promise.race([stopped.promise, this.gone]);
    if (this.#isClosing) throw new Error(CLOSING);
    hand.discard({ direction: "to-client", edge: "in" });
    const frame = encodeServerCloseFrame(code, reason);
    const total = (this.#heads["to-client"].sizeBytesOut ?? 0) + tap.outOffset + frame.length;
    const written = createDeferred<void>();
    this.#onTotalToClient = () => {
      if (this.#totalToClient >= total) written.resolve();
    };
    this.#isClosing = true;
    hand.inject("to-client", frame);
    await Promise.race([written.promise, this.gone]);
    if (this.#totalToClient < total) throw new Error("the connection was gone before the Close frame was taken");
    this.#record({ source: "client-face", kind: "frame-injected", direction: "to-client", code });
  }

  /** Puts messages in between two frames; see {@link DirectionTap.insert}. */
  async insert(direction: Direction, make: () => readonly OutgoingPiece[]): Promise<void> {
    if (!this.#heads[direction].isFrames) throw new Error("the connection has not been upgraded");
    if (this.#isClosing) throw new Error(CLOSING);
    await this.#taps[direction].insert(make, (bytes) => {
      this.#tails[direction].inserted(bytes.length);
      this.#options.hand.inject(direction, bytes);
    });
  }

  /** The frame that a direction stands behind. */
  lastUnit(direction: Direction): StreamUnit | undefined {
    return this.#taps[direction].lastUnit;
  }

  #openTap(direction: Direction): DirectionTap {
    return new DirectionTap({
      ...this.#options,
      direction,
      isEdited: () => this.#options.isEdited(direction),
      edit: (message) => this.#edit(direction, message),
      onPassed: (message) => this.#passed(direction, message),
      describe: (message) => ({
        labels: this.#labeller.label(message),
        point: direction === "to-client" ? this.#points.ofServerEvent(message) : this.#points.ofClientEvent(message),
      }),
      onHold: () => void (this.#holds += 1),
      onRelease: () => this.#release(),
    });
  }

  #edit(direction: Direction, message: PassingMessage): MessageEdit | undefined {
    // Whatever a fault answered now would stand behind the Close frame (RFC 6455 §5.5.1).
    if (this.#isClosing) return undefined;
    const edit = this.#options.edit(direction, message);
    const { unit } = message;
    const isAsItCame = edit?.pieces.some((piece) => piece.unit === unit && piece.altered === undefined);
    // What the server said counts for its request also where the client does not hear of it.
    const isUnheard = isAsItCame === false && direction === "to-client";
    if (isUnheard && unit.kind === "message") this.requests.takeServerMessage(unit.body);
    return edit;
  }

  #passed(direction: Direction, message: JsonObject): void {
    if (direction === "to-server") this.requests.takeClientMessage(message);
    else this.requests.takeServerMessage(message);
    this.#options.onPassed(direction, message);
  }

  #release(): void {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    for (const direction of DIRECTIONS) this.#options.hand.release({ direction, edge: "in" });
  }

  #record(body: EventBody): number {
    const { session, connection, recorder } = this.#options;
    return recorder.record({ ...body, session, connection });
  }

  #takeIn(direction: Direction, chunk: Buffer): GateAnswer {
    // While an anchor holds one direction the other stands still too, or an answer would overtake the fault.
    if (this.#holds > 0) return { pass: NOTHING, held: chunk };
    const head = this.#heads[direction];
    if (head.sizeBytesOut === undefined) return this.#takeHead(direction, chunk);
    return head.isFrames ? this.#taps[direction].take(chunk) : { pass: chunk };
  }

  /** Collects the head of a direction; when it is whole, passes it on and goes over to what follows it. */
  #takeHead(direction: Direction, chunk: Buffer): GateAnswer {
    const state = this.#heads[direction];
    state.collected = Buffer.concat([state.collected, chunk]);
    const split = splitHead(state.collected);
    if (split !== undefined && direction === "to-client" && statusOf(split.head) === 101) {
      this.#disturbance ??= this.#options.disturbance() ?? "none";
      if (this.#isLate(this.#disturbance)) {
        const held = state.collected;
        state.collected = NOTHING;
        return { pass: NOTHING, held };
      }
    }
    if (split === undefined && state.collected.length <= HEAD_SIZE_BYTES_MAX) return { pass: NOTHING };
    const out = split === undefined ? state.collected : this.#readHead(direction, split.head);
    state.collected = NOTHING;
    state.sizeBytesOut = out.length;
    if (this.#rejectedWith !== undefined) return this.#answerRejected(this.#rejectedWith);
    const rest = split?.rest ?? NOTHING;
    if (this.#upgradeStop !== undefined && direction === "to-client") {
      this.#taps["to-client"].stop(this.#upgradeStop);
      this.#upgradeStop = undefined;
      return { pass: out, held: rest };
    }
    const { pass, held }: GateAnswer = state.isFrames ? this.#taps[direction].take(rest) : { pass: rest };
    return { pass: Buffer.concat([out, pass]), ...(held === undefined ? {} : { held }) };
  }

  /** Whether the upgrade's answer has to wait; it comes again when its time is over. */
  #isLate(disturbance: UpgradeDisturbance["how"] | "none"): boolean {
    if (typeof disturbance === "string" || !this.#upgradeWait.begin(disturbance.lateMs)) return false;
    this.#holds += 1;
    return true;
  }

  /** A peer that ends its side in the middle of a message has still sent those bytes. */
  #passRest(direction: Direction): void {
    const rest = this.#taps[direction].takeRest();
    this.#tails[direction].keepForEnd(rest);
    // What goes before them may still be in a slow toxic, and they must not overtake it.
    if (rest.length > 0) this.#options.hand.inject(direction, this.#takeOut(direction, NOTHING));
  }

  #takeOut(direction: Direction, chunk: Buffer): Buffer {
    const sizeBytesPassed = (this.#heads[direction].sizeBytesOut ?? 0) + this.#taps[direction].outOffset;
    return this.#tails[direction].takeOut(chunk, sizeBytesPassed);
  }

  #readHead(direction: Direction, head: HttpHead): Buffer {
    if (direction === "to-server") {
      const onwards = withoutHeader(head, "sec-websocket-extensions");
      this.#heads["to-server"].isFrames = head.headers.get("upgrade")?.toLowerCase() === "websocket";
      const told = { path: requestPathOf(head), extensionsRemoved: onwards !== head };
      this.#learnSecrets(head);
      this.#record({ source: "client-face", kind: "upgrade-requested", ...told });
      return onwards.bytes;
    }
    const { session, connection, anchors } = this.#options;
    const status = statusOf(head) ?? 0;
    this.#heads["to-client"].isFrames = status === 101;
    const by = this.#record({ source: "server-face", kind: "upgrade-answered", status, ...hintOfAnswer(head) });
    const hits = status === 101 ? anchors.match({ session, connection, point: "P1" }) : [];
    if (hits.length > 0) this.#upgradeStop = { offset: 0, outOffset: 0, hits, by };
    return this.#disturbance === "wrong-accept-key" ? withWrongAcceptKey(head.bytes) : head.bytes;
  }

  /** What authorises a client may come again in a message, an error or on its output. The sessions' own keys are public. */
  #learnSecrets(head: HttpHead): void {
    const { recorder } = this.#options;
    const secrets = secretsOfRequest(head.firstLine.split(" ")[1] ?? "", head.headers);
    for (const secret of secrets.filter((one) => !isSessionKey(one))) recorder.learnSecret(secret);
  }

  #answerRejected(how: DialRejection["how"]): GateAnswer {
    if (how === "silence") this.#record({ source: "client-face", kind: "dial-rejected", how });
    else if (how !== "reset") {
      const told = { how: `status ${how.status}`, ...hintOfRefusal(how) };
      this.#record({ source: "client-face", kind: "dial-rejected", ...told });
      this.#options.hand.inject("to-client", encodeRefusal(how));
      this.#options.hand.end("client");
    }
    return { pass: NOTHING };
  }
}
