import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { type Proxy as ToxiproxyProxy, Toxiproxy, type ICreateToxicBody } from "toxiproxy-node-client";
import { createSystemClock, type Clock } from "../determinism/clock.ts";
import { createRandom } from "../determinism/random.ts";
import { sleep } from "../determinism/waiting.ts";
import { openTcpProxyServer, type TcpProxyServer, type TcpProxyServerOptions } from "./tcp-proxy-server.ts";

/** The clock of every test here: real sockets have no other. */
export const clock: Clock = createSystemClock();

const DEADLINE_MS = 5000;

/** Waits until a condition holds; fails with its name after five seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const startedAtMs = clock.nowMs();
  while (!holds()) {
    if (clock.nowMs() - startedAtMs > DEADLINE_MS) throw new Error(`waited for ${what} in vain`);
    await sleep(clock, 2);
  }
}

/** One socket of a test, with everything that it saw. */
export class TestSocket {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  hasEnded = false;
  isClosed = false;
  errorCode: string | undefined;
  receivedAtMs = 0;
  endedAtMs = 0;
  sizeBytes = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.sizeBytes += chunk.length;
      this.receivedAtMs = clock.nowMs();
    });
    socket.on("end", () => {
      this.hasEnded = true;
      this.endedAtMs = clock.nowMs();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code;
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  write(text: string | Buffer): void {
    this.socket.write(text);
  }

  async hasText(text: string): Promise<void> {
    await until(`the bytes ${JSON.stringify(text)}, got ${JSON.stringify(this.text())}`, () => this.text() === text);
  }

  async seesEnd(): Promise<void> {
    await until("a FIN", () => this.hasEnded || this.errorCode !== undefined);
    if (this.errorCode !== undefined) throw new Error(`expected a FIN, got ${this.errorCode}`);
  }

  async seesReset(): Promise<void> {
    await until("an RST", () => this.hasEnded || this.isClosed);
    if (this.errorCode !== "ECONNRESET") throw new Error(`expected an RST, got ${this.errorCode ?? "FIN"}`);
  }
}

/**
 * Where the proxy of a test bed is: the API of a real Toxiproxy that runs already, so that one suite tells of both.
 * Undefined where it is ours, which is opened for each bed.
 */
const REAL_URL: string | undefined =
  process.env["CUTWIRE_WIRE"] === "toxiproxy" ? process.env["CUTWIRE_TOXIPROXY_URL"] : undefined;

/** Whether the tests go through a real Toxiproxy, which has nothing of what is only ours. */
export const IS_REAL: boolean = process.env["CUTWIRE_WIRE"] === "toxiproxy";

/** A TCP server that keeps what connects to it. */
export type Upstream = { readonly address: string; readonly sockets: TestSocket[]; close(): Promise<void> };

/** Everything of one test: the proxy server, its real client, an upstream, one proxy between them. */
export type TestBed = {
  readonly server: TcpProxyServer;
  readonly toxiproxy: Toxiproxy;
  readonly upstream: Upstream;
  readonly proxy: ToxiproxyProxy;
  /** Dials the proxy and waits until the upstream has the connection. */
  connect(): Promise<{ client: TestSocket; server: TestSocket }>;
  /** Dials the proxy. */
  dial(): Promise<TestSocket>;
  addToxic(
    type: string,
    attributes: Record<string, number>,
    more?: Partial<ICreateToxicBody<unknown>>,
  ): Promise<AddedToxic>;
  close(): Promise<void>;
};

/** A toxic that can be taken out and changed. */
export type AddedToxic = { remove(): Promise<void>; update(attributes: Record<string, number>): Promise<void> };

/** Opens an upstream on any port; `onConnection` is what it does with each connection. */
export async function openUpstream(onConnection?: (socket: Socket) => void): Promise<Upstream> {
  const sockets: TestSocket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(new TestSocket(socket));
    onConnection?.(socket);
  });
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    sockets,
    async close() {
      for (const { socket } of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Listens on any port of loopback and answers it. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Dials `host:port`; resolves when it is connected or was refused. */
export async function dialAddress(address: string): Promise<TestSocket> {
  const [host, port] = address.split(":");
  const socket = connect({ host: host ?? "", port: Number(port), allowHalfOpen: true, noDelay: true });
  const seen = new TestSocket(socket);
  await until("a connection", () => !socket.connecting || seen.isClosed);
  return seen;
}

/** A real Toxiproxy that is there before a bed and after it, and has no proxy of the bed's any more. */
function openRealServer(apiUrl: string): TcpProxyServer {
  return {
    apiUrl,
    async close() {
      // Its client knows no proxy by the name of __proto__, and a test makes one.
      const proxies = (await (await fetch(`${apiUrl}/proxies`)).json()) as object;
      for (const name of Object.keys(proxies)) {
        await fetch(`${apiUrl}/proxies/${encodeURIComponent(name)}`, { method: "DELETE" });
      }
    },
  };
}

/** Opens a proxy server, an upstream and the proxy `wire` between its clients and that. */
export async function openTestBed(options: Partial<TcpProxyServerOptions> = {}): Promise<TestBed> {
  if (IS_REAL && Object.keys(options).length > 0) throw new Error("a real Toxiproxy has none of our options");
  const server =
    REAL_URL === undefined
      ? await openTcpProxyServer({ port: 0, clock, random: createRandom(1), ...options })
      : openRealServer(REAL_URL);
  const toxiproxy = new Toxiproxy(server.apiUrl);
  const upstream = await openUpstream();
  const proxy = await toxiproxy.createProxy({ name: "wire", listen: "127.0.0.1:0", upstream: upstream.address });
  const clients: TestSocket[] = [];
  async function dial(): Promise<TestSocket> {
    const client = await dialAddress(proxy.listen);
    clients.push(client);
    return client;
  }
  return {
    server,
    toxiproxy,
    upstream,
    proxy,
    dial,
    async connect() {
      const expected = upstream.sockets.length + 1;
      const client = await dial();
      await until("the upstream's connection", () => upstream.sockets.length === expected);
      const accepted = upstream.sockets[expected - 1];
      if (accepted === undefined) throw new Error("no connection");
      return { client, server: accepted };
    },
    addToxic: async (type, attributes, more = {}) => await addToxic(proxy, { type, attributes, ...more }),
    async close() {
      for (const { socket } of clients) socket.destroy();
      await server.close();
      await upstream.close();
    },
  };
}

/** The client's types know no toxic of ours, so the request is made of the same parts by hand. */
async function addToxic(proxy: ToxiproxyProxy, body: object): Promise<AddedToxic> {
  const url = `${proxy.getPath()}/toxics`;
  const { data } = await proxy.api.post<{ name: string }>(url, { stream: "downstream", toxicity: 1, ...body });
  const toxicUrl = `${url}/${data.name}`;
  return {
    remove: async () => {
      await proxy.api.delete(toxicUrl);
    },
    update: async (attributes) => {
      await proxy.api.post(toxicUrl, { attributes });
    },
  };
}
