/**
 * A bad link on loopback: a TCP proxy that delays, throttles, swallows, damages or cuts what passes.
 * One proxy is one link: its rate is shared by all connections through it, each way for itself.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

const pieceBytes = 16 * 1024;
/** Small, so that one connection's queue does not hold up the others on the same link for long. */
const queuedBytesMax = 64 * 1024;

export type Way = 'there' | 'back';

/** What one way of a link can carry; several links may share one, such as a home's way out. */
export class Wire {
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** All bytes that it took so far. */
  carriedBytes = 0;
  #freeAtMs = 0;

  /** @returns when so many bytes, taken now, have passed */
  take(bytes: number): number {
    this.carriedBytes += bytes;
    this.#freeAtMs = Math.max(performance.now(), this.#freeAtMs) + (bytes / this.bytesPerSecond) * 1000;
    return this.#freeAtMs;
  }
}

interface Target {
  host: string;
  port: number;
}

export class TcpProxy {
  readonly #server: Server;
  readonly #target: Target;
  readonly #pipes = new Set<Pipe>();
  readonly #sockets = new Set<Socket>();
  readonly #wires: Record<Way, Wire> = { there: new Wire(), back: new Wire() };
  #delayMs = 0;
  #swallows = false;
  #refuses = false;
  #flipIn: number | undefined;

  private constructor(server: Server, target: Target) {
    this.#server = server;
    this.#target = target;
  }

  static async open(target: Target): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, target);
    server.on('connection', (client) => proxy.#accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    return address.port;
  }

  /** Connections that are open through the proxy. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** One way; a round trip takes twice this. */
  setDelay(ms: number): void {
    this.#delayMs = ms;
  }

  setRate(bytesPerSecond: number): void {
    for (const wire of Object.values(this.#wires)) wire.bytesPerSecond = bytesPerSecond;
  }

  /** What passes this way from now on goes over a wire that other proxies may use too. */
  share(way: Way, wire: Wire): void {
    this.#wires[way] = wire;
  }

  /** Nothing passes any more and nobody is told, not even of a close; `false` lets go on what is left. */
  blackHole(on: boolean): void {
    this.#swallows = on;
    if (!on) for (const pipe of this.#pipes) pipe.pump();
  }

  /** Resets every connection; with `refuse`, new ones too until `accept`. */
  cut(options: { refuse?: boolean } = {}): void {
    this.#refuses = options.refuse ?? false;
    for (const socket of [...this.#sockets]) reset(socket);
  }

  /** Resets only the connection that was opened last. */
  cutNewest(): void {
    for (const socket of [...this.#sockets].slice(-2)) reset(socket);
  }

  accept(): void {
    this.#refuses = false;
  }

  /** Turns over one bit after so many more bytes, both ways counted together. */
  flipBit(afterBytes: number): void {
    this.#flipIn = afterBytes;
  }

  async close(): Promise<void> {
    this.cut({ refuse: true });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** For a pipe: when this piece comes out at the other end, in the order in which the link took them. */
  schedule(way: Way, bytes: number): number {
    return this.#wires[way].take(bytes) + this.#delayMs;
  }

  /** For a pipe: the piece comes out, whole or damaged. */
  pass(piece: Buffer): Buffer {
    if (this.#flipIn === undefined) return piece;
    if (this.#flipIn >= piece.length) {
      this.#flipIn -= piece.length;
      return piece;
    }
    const damaged = Buffer.from(piece);
    damaged[this.#flipIn] = damaged[this.#flipIn]! ^ 1;
    this.#flipIn = undefined;
    return damaged;
  }

  /** For a pipe. */
  get swallows(): boolean {
    return this.#swallows;
  }

  #accept(client: Socket): void {
    if (this.#refuses) {
      reset(client);
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const pipes = [new Pipe(this, 'there', client, server), new Pipe(this, 'back', server, client)];
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => reset(other));
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (!this.#swallows && socket.errored !== null) reset(other);
      });
    }
    for (const pipe of pipes) {
      this.#pipes.add(pipe);
      pipe.onDone(() => this.#pipes.delete(pipe));
    }
  }
}

/**
 * Ends a connection at once. One whose end was already sent cannot be reset any more: libuv refuses, and Node
 * then never closes it, so that the process would not end either.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One direction of one connection. */
class Pipe {
  readonly #proxy: TcpProxy;
  readonly #way: Way;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #queue: { piece: Buffer; dueAtMs: number }[] = [];
  #queuedBytes = 0;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(proxy: TcpProxy, way: Way, source: Socket, sink: Socket) {
    this.#proxy = proxy;
    this.#way = way;
    this.#source = source;
    this.#sink = sink;
    source.on('data', (data) => this.#take(data));
    source.on('end', () => {
      this.#ended = true;
      this.pump();
    });
    sink.on('drain', () => this.pump());
  }

  onDone(listener: () => void): void {
    this.#sink.once('close', () => {
      clearTimeout(this.#timer);
      listener();
    });
  }

  #take(data: Buffer): void {
    for (let at = 0; at < data.length; at += pieceBytes) {
      const piece = data.subarray(at, at + pieceBytes);
      this.#queue.push({ piece, dueAtMs: this.#proxy.schedule(this.#way, piece.length) });
    }
    this.#queuedBytes += data.length;
    if (this.#queuedBytes > queuedBytesMax) this.#source.pause();
    this.pump();
  }

  pump(): void {
    clearTimeout(this.#timer);
    while (this.#queue.length > 0) {
      const { piece, dueAtMs } = this.#queue[0]!;
      if (this.#proxy.swallows || this.#sink.writableNeedDrain) return;
      const waitMs = dueAtMs - performance.now();
      if (waitMs > 1) {
        this.#timer = setTimeout(() => this.pump(), waitMs);
        return;
      }
      this.#queue.shift();
      this.#queuedBytes -= piece.length;
      if (this.#sink.writable) this.#sink.write(this.#proxy.pass(piece));
    }
    if (this.#queuedBytes <= queuedBytesMax) this.#source.resume();
    if (this.#ended && !this.#proxy.swallows) this.#sink.end();
  }
}
