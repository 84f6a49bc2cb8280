/**
 * Keeps the catalogs of connected devices equal.
 *
 * Two devices that meet exchange version vectors, and each pulls what it lacks. From then on each device pushes
 * its own new records to all connected devices. It does not forward the records of others; a short notice
 * with its vector lets devices pull them that cannot reach the author. A lost message
 * costs only time, because devices exchange vectors again and again.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import { catalogPageRecordsMax, type Tunables } from '../../model/limits.ts';
import { type Log, silentLog } from '../../model/log.ts';
import { readVector, vectorOf } from '../durability/acknowledgements.ts';
import { Comparing, type Healed } from './sync-compare.ts';
import {
  ask,
  type Hello,
  headOfPage,
  hello,
  type LogPage,
  logPage,
  methods,
  type Vector,
} from './sync-messages.ts';
import { Pulling } from './sync-pull.ts';
import type { SyncedCatalog } from './synced-catalog.ts';

export interface CatalogSyncOptions {
  catalog: SyncedCatalog;
  transport: Transport;
  clock: Clock;
  tunables: Pick<Tunables, 'heartbeatMs' | 'catalogDigestMs'>;
  log?: Log;
  /** Called when records were missing although the vectors were equal, and were fetched. Health should warn of it. */
  onHealed?: (healed: Healed) => void;
}

export interface CatalogSync {
  /** Starts to exchange. Idempotent. The transport may be started before or after. */
  start(): Promise<void>;
  /** Resolves when no task runs any more. */
  stop(): Promise<void>;
  /** Exchanges vectors with all connected devices now, and resolves when their records are here. */
  refresh(): Promise<void>;
  /** Compares digests with a connected device now. @returns how many records were fetched */
  compare(device: DeviceId): Promise<number>;
  /** Does a connected device have the same vector and digests as this one? */
  agrees(device: DeviceId): Promise<boolean>;
}

/** Heartbeats between two exchanges of vectors. */
const heartbeatsPerExchange = 6;
/** Delay before a notice about records of others, so that many pages make one notice. */
const newsAfterMs = 1000;
const periodMsMin = 50;

/** What is known of a connected device. */
interface Peer {
  readonly device: DeviceId;
  /** How far its catalog reaches; undefined until it has said so. */
  known: Vector | undefined;
  /** It has said that its catalog is whole. */
  whole: boolean;
  pushing: boolean;
  pulling: Promise<void> | undefined;
}

/** Registers its methods at once, so create it before the transport is started. */
export function createCatalogSync(options: CatalogSyncOptions): CatalogSync {
  return new RunningSync(options);
}

class RunningSync implements CatalogSync {
  readonly #catalog: SyncedCatalog;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #exchangeMs: number;
  readonly #digestMs: number;
  readonly #log: Log;
  readonly #pulling: Pulling;
  readonly #comparing: Comparing;
  readonly #peers = new Map<DeviceId, Peer>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #timers = new Map<string, Timer>();
  #stopping = new AbortController();
  #unsubscribe: (() => void)[] = [];
  #running = false;

  constructor({ catalog, transport, clock, tunables, log = silentLog, onHealed }: CatalogSyncOptions) {
    this.#catalog = catalog;
    this.#transport = transport;
    this.#clock = clock;
    this.#exchangeMs = tunables.heartbeatMs * heartbeatsPerExchange;
    this.#digestMs = tunables.catalogDigestMs;
    this.#log = log;
    this.#pulling = new Pulling(catalog, transport);
    this.#comparing = new Comparing(catalog, transport, (healed) => {
      log.warn(healed, 'Records were missing in the local catalog; they came back from another device.');
      onHealed?.(healed);
    });
    this.#register();
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#stopping = new AbortController();
    this.#unsubscribe = [
      this.#transport.onPeer(({ kind, device }) => {
        if (kind === 'connected') this.#connected(device);
        else this.#peers.delete(device);
      }),
      this.#catalog.onChange((changes) => {
        if (changes.some(({ local }) => local)) this.#pushToAll();
      }),
    ];
    for (const { device } of this.#transport.peers()) this.#connected(device);
    this.#every('exchange', this.#exchangeMs, () => {
      for (const peer of this.#peers.values()) this.#spawn(() => this.#exchange(peer));
      this.#spawn(() => this.#noteCaughtUp());
    });
    this.#every('compare', this.#digestMs, () => {
      for (const { device } of this.#peers.values()) this.#spawn(() => this.#compareWith(device));
    });
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#stopping.abort(new PeerstorError('aborted', 'This device is stopping.'));
    this.#peers.clear();
    await Promise.all(this.#tasks);
  }

  async refresh(): Promise<void> {
    await Promise.all([...this.#peers.values()].map((peer) => this.#run(() => this.#exchange(peer))));
  }

  compare(device: DeviceId): Promise<number> {
    return this.#comparing.compare(device, this.#stopping.signal);
  }

  agrees(device: DeviceId): Promise<boolean> {
    return this.#comparing.agrees(device, this.#stopping.signal);
  }

  #register(): void {
    const transport = this.#transport;
    transport.handle(methods.vectors, async (from, body) => {
      this.#heard(from, hello.read(body));
      return hello.write(this.#helloTo(from));
    });
    transport.handle(methods.news, async (from, body) => {
      this.#heard(from, hello.read(body));
      return new Uint8Array(0);
    });
    transport.handle(methods.missing, async (_from, body) => {
      const { device, since } = ask.read(body);
      return logPage.write(await this.#pageOf(device, since));
    });
    transport.handle(methods.push, async (from, body) => {
      const page = logPage.read(body);
      const { device, since, records } = page;
      // A page after a gap is of no use; the answer says what this device lacks.
      if (since <= this.#reaches(device)) {
        await this.#catalog.accept(records, { head: headOfPage(page) });
        this.#tellLater();
      }
      return hello.write(this.#helloTo(from));
    });
    this.#comparing.register((from) => this.#spawn(() => this.#compareWith(from)));
  }

  #connected(device: DeviceId): void {
    const peer: Peer = { device, known: undefined, whole: false, pushing: false, pulling: undefined };
    this.#peers.set(device, peer);
    this.#spawn(async () => {
      await this.#exchange(peer);
      await this.#compareWith(device);
      await this.#noteCaughtUp();
    });
  }

  /** Exchanges vectors, and fetches what this device lacks. */
  async #exchange(peer: Peer): Promise<void> {
    const body = hello.write(this.#helloTo(peer.device));
    const options = { signal: this.#stopping.signal };
    const answer = hello.read(await this.#transport.call(peer.device, methods.vectors, body, options));
    this.#heard(peer.device, answer);
    await peer.pulling;
    // Records that were written here during the exchange.
    this.#push(peer);
  }

  /** A rebuilt catalog is complete again when it has what all connected devices have. */
  async #noteCaughtUp(): Promise<void> {
    const peers = [...this.#peers.values()];
    const covered = peers.every(({ known }) => known && !this.#pulling.lacks(known));
    const devices = peers.map(({ device }) => device);
    if (covered) await this.#catalog.caughtUp({ devices, whole: peers.some(({ whole }) => whole) });
  }

  #helloTo(device: DeviceId): Hello {
    return {
      vector: readVector(this.#catalog.vector()),
      wallMs: this.#clock.wallMs(),
      yours: this.#catalog.headOf(device) ?? null,
      whole: !this.#catalog.isFilling,
    };
  }

  #heard(device: DeviceId, { vector, wallMs, yours, whole }: Hello): void {
    this.#catalog.peerHas(device, vectorOf(vector));
    this.#catalog.peerClock(device, wallMs);
    if (yours) this.#spawn(() => this.#catalog.heardHead(this.#catalog.self, yours));
    const peer = this.#peers.get(device);
    if (!peer) return;
    peer.known = vector;
    peer.whole = whole;
    this.#pull(peer);
  }

  #pull(peer: Peer): void {
    const { device, known } = peer;
    if (!this.#running || peer.pulling || !known || !this.#pulling.lacks(known)) return;
    peer.pulling = this.#run(() => this.#pulling.pull(device, known, this.#stopping.signal)).then(() => {
      peer.pulling = undefined;
      this.#tellLater();
      // The peer may have announced more in the meantime.
      if (peer.known !== known) this.#pull(peer);
    });
  }

  #pushToAll(): void {
    for (const peer of this.#peers.values()) this.#push(peer);
  }

  #push(peer: Peer): void {
    if (peer.pushing || this.#unpushed(peer) === 0) return;
    peer.pushing = true;
    this.#spawn(async () => {
      try {
        while (this.#unpushed(peer) > 0) if (!(await this.#pushPage(peer))) return;
      } finally {
        peer.pushing = false;
      }
    });
  }

  /** How many own records the peer lacks; 0 when it lacks so many that it pulls them itself. */
  #unpushed({ known }: Peer): number {
    if (!known) return 0;
    const { self } = this.#catalog;
    const lacking = this.#reaches(self) - (known.get(self) ?? 0);
    return lacking > 0 && lacking <= catalogPageRecordsMax ? lacking : 0;
  }

  /** @returns whether the peer has taken it */
  async #pushPage(peer: Peer): Promise<boolean> {
    const { self } = this.#catalog;
    const since = peer.known?.get(self) ?? 0;
    const body = logPage.write(await this.#pageOf(self, since));
    const options = { signal: this.#stopping.signal };
    const answer = hello.read(await this.#transport.call(peer.device, methods.push, body, options));
    this.#heard(peer.device, answer);
    return (answer.vector.get(self) ?? 0) > since;
  }

  async #pageOf(device: DeviceId, since: number): Promise<LogPage> {
    const { records, reachesSeq: reaches, signed, complete } = await this.#catalog.missing(device, since);
    return { device, since, records, reaches, head: signed ?? null, complete };
  }

  /** Soon tells devices that may lack them that there are new records of others. */
  #tellLater(): void {
    if (this.#timers.has('news') || !this.#running) return;
    const timer = this.#clock.after(newsAfterMs, () => {
      this.#timers.delete('news');
      const mine = Object.entries(this.#catalog.vector());
      for (const { device, known } of this.#peers.values()) {
        const news = mine.some(
          ([author, seq]) => author !== device && seq > (known?.get(deviceId(author)) ?? 0),
        );
        if (news) this.#transport.notify(device, methods.news, hello.write(this.#helloTo(device)));
      }
    });
    this.#timers.set('news', timer);
  }

  async #compareWith(device: DeviceId): Promise<void> {
    await this.#comparing.compare(device, this.#stopping.signal);
  }

  #reaches(device: DeviceId): number {
    return this.#catalog.vector()[device] ?? 0;
  }

  #every(name: string, ms: number, work: () => void): void {
    const timer = this.#clock.after(Math.max(ms, periodMsMin), () => {
      if (!this.#running) return;
      this.#every(name, ms, work);
      work();
    });
    this.#timers.set(name, timer);
  }

  #spawn(work: () => Promise<void>): void {
    void this.#run(work);
  }

  /** Runs a task that `stop` waits for. Its failure is only logged: the next exchange makes up for it. */
  #run(work: () => Promise<void>): Promise<void> {
    const task = work()
      .catch((error) => {
        if (this.#stopping.signal.aborted) return;
        const quiet = isPeerstorError(error, 'peer-unreachable') || isPeerstorError(error, 'peer-timeout');
        const say = quiet ? this.#log.debug : this.#log.warn;
        say.call(
          this.#log,
          { error: sentenceOf(error) },
          'The catalog could not be exchanged with a device.',
        );
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
    return task;
  }
}
