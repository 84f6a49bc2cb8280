/** Some devices with their replication, in one process, on a clock that the test turns. */

import { idKey, type OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import type { LiveVersions, MemberDevice } from '../../../src/model/contracts/replication.ts';
import type { RestorableUser } from '../../../src/model/contracts/restoring.ts';
import type { Transport } from '../../../src/model/contracts/transport.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { type ChunkId, type DeviceId, versionId } from '../../../src/model/ids.ts';
import { defaultTunables, type Tunables } from '../../../src/model/limits.ts';
import { type Log, silentLog } from '../../../src/model/log.ts';
import { createReplication, type Replication } from '../../../src/replication/index.ts';
import { writeDelta } from '../../../src/replication/wire.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryTransport,
} from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { member } from './fixtures.ts';
import { TestChunkStore } from './test-chunk-store.ts';

type NamedVersion = { id: ReturnType<typeof versionId>; manifest: ChunkId };
type RemovedVersion = NamedVersion & { wasDeleted: boolean };

/** The catalog's versions, the same for all devices of a test. */
export class TestVersions implements LiveVersions {
  readonly #live = new Map<string, NamedVersion>();
  readonly #listeners = new Set<(change: { added: NamedVersion[]; removed: RemovedVersion[] }) => void>();

  async *list(): AsyncIterable<NamedVersion> {
    yield* [...this.#live.values()];
  }

  onChange(listener: (change: { added: NamedVersion[]; removed: RemovedVersion[] }) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(number: number, manifest: ChunkId): void {
    const version = { id: versionId(number.toString(16).padStart(32, '0')), manifest };
    this.#live.set(version.id, version);
    for (const listener of this.#listeners) listener({ added: [version], removed: [] });
  }

  remove(number: number): void {
    const version = this.#live.get(number.toString(16).padStart(32, '0'));
    if (!version) return;
    this.#live.delete(version.id);
    for (const listener of this.#listeners) {
      listener({ added: [], removed: [{ ...version, wasDeleted: true }] });
    }
  }
}

export interface TestDevice {
  readonly id: DeviceId;
  readonly store: TestChunkStore;
  readonly index: OrderedStore;
  transport: MemoryTransport;
  replication: Replication;
  running: boolean;
  /** Calls and notifies that this device sent since the test last looked. */
  readonly sent: { method: string; to: DeviceId; bytes: number }[];
}

export interface Liar {
  readonly id: DeviceId;
  readonly transport: MemoryTransport;
  /** Batches of its feed so far. */
  batch: number;
  /** How often it was asked that. */
  asked(method: string): number;
}

const liarMethods = [
  'chunk/prove',
  'chunk/hold',
  'chunk/get',
  'chunk/put',
  'chunk/relay',
  'chunk/have',
  'chunk/bad',
  'inventory/digests',
  'inventory/buckets',
];
export const liarFeed = '0123456789abcdef';

export interface ClusterOptions {
  tunables?: Partial<Tunables>;
  network?: Partial<MemoryNetworkOptions>;
  members?: readonly Partial<MemberDevice>[];
  log?: Log;
}

export class TestCluster {
  readonly clock = new ManualClock();
  readonly network: MemoryNetwork;
  readonly devices: TestDevice[] = [];
  readonly versions = new TestVersions();
  readonly tunables: Tunables;
  /** Stands between a device and its messages that expect no answer. */
  mangle: ((deliver: () => void) => void) | undefined;
  /** What the catalogs say of themselves. */
  catalogComplete = true;
  /** When the oldest upload began that goes on in later requests, at every device. */
  oldestUploadMs = Number.POSITIVE_INFINITY;
  /** Users that are signed in on a device. */
  readonly signedIn = new Map<DeviceId, RestorableUser[]>();
  /** What single devices believe about the members, where it is not the truth. */
  readonly seenBy = new Map<DeviceId, (members: MemberDevice[]) => MemberDevice[]>();
  readonly #members: MemberDevice[];
  readonly #memberListeners = new Set<() => void>();
  readonly #log: Log;

  /** Makes the devices; `start` starts them. */
  constructor(count: number, options: ClusterOptions = {}) {
    this.tunables = { ...defaultTunables, ...options.tunables };
    this.#log = options.log ?? silentLog;
    const { clock, tunables } = this;
    this.network = new MemoryNetwork({ clock, random: seededRandom(1), tunables, ...options.network });
    this.#members = Array.from({ length: count }, (_, number) => member(number, options.members?.[number]));
    for (const { id } of this.#members) this.devices.push(this.#build(id));
  }

  /** Starts these devices (all by default) and waits until they know each other's chunks. */
  async start(...devices: TestDevice[]): Promise<this> {
    for (const device of devices.length > 0 ? devices : this.devices) {
      device.running = true;
      await this.clock.until(device.replication.start());
      await device.transport.start();
    }
    await this.clock.pass(3000);
    return this;
  }

  /** Ends the process of a device, gracefully. */
  async stop(device: TestDevice): Promise<void> {
    device.running = false;
    await device.transport.stop();
    await this.clock.until(device.replication.stop());
    await this.clock.pass(10);
  }

  /** A new process on the same disk. */
  async restart(device: TestDevice): Promise<void> {
    if (device.running) await this.stop(device);
    Object.assign(device, this.#process(device.id, device.store, device.index, device.sent));
    await this.start(device);
  }

  async end(): Promise<void> {
    for (const device of this.devices) if (device.running) await this.stop(device);
  }

  changeMember(number: number, facts: Partial<MemberDevice>): void {
    const known = this.#members[number];
    if (known) this.#members[number] = { ...known, ...facts };
    this.membersChanged();
  }

  addMember(known: MemberDevice): void {
    this.#members.push(known);
    this.membersChanged();
  }

  membersChanged(): void {
    for (const listener of this.#memberListeners) listener();
  }

  removeMember(id: DeviceId): void {
    const at = this.#members.findIndex((known) => known.id === id);
    if (at >= 0) this.#members.splice(at, 1);
    for (const listener of this.#memberListeners) listener();
  }

  /** Uploads chunks in one session on a device; time passes until it has settled. */
  async upload(
    device: TestDevice,
    chunks: readonly { id: ChunkId; bytes: Uint8Array }[],
    level: 'accepted' | 'safe' | 'full' = 'safe',
  ) {
    const upload = device.replication.beginUpload();
    const work = async () => {
      for (const { id, bytes } of chunks) await upload.put(id, bytes);
      return upload.settle(level, this.tunables.safeWaitMs);
    };
    const safety = await this.clock.until(work());
    upload.close();
    return safety;
  }

  /**
   * A member that is not us: it answers as it likes. It tells no inventory, so it is asked for chunks
   * when nobody else has them, or after `believe`.
   */
  addLiar(answers: Record<string, (body: Uint8Array) => Promise<Uint8Array>>): Liar {
    const known = member(99);
    this.#members.push(known);
    const transport = this.network.transport(known.id);
    const counts = new Map<string, number>();
    for (const method of liarMethods) {
      transport.handle(method, async (_from, body) => {
        counts.set(method, (counts.get(method) ?? 0) + 1);
        const answer = answers[method];
        if (!answer) throw new PeerstorError('not-ready', 'The liar has nothing to say.');
        return answer(body);
      });
    }
    return { id: known.id, transport, batch: 0, asked: (method) => counts.get(method) ?? 0 };
  }

  /** Lets a device hear from another one, as if by its feed, that it has a chunk. */
  async believe(device: TestDevice, holder: Liar, id: ChunkId): Promise<void> {
    holder.batch += 1;
    await this.tell(device, holder, holder.batch, id, true);
  }

  /** The same with any number of the batch. */
  async tell(device: TestDevice, holder: Liar, batch: number, id: ChunkId, present: boolean): Promise<void> {
    const changes = [{ key: idKey(id), present }];
    const message = writeDelta({ feed: liarFeed, batch, overflow: false, changes });
    holder.transport.notify(device.id, 'inventory/delta', message);
    await this.clock.pass(10);
  }

  /** Running devices that really have the chunk on their disk. */
  holdersOf(id: ChunkId): DeviceId[] {
    return this.devices.filter(({ store }) => store.has(id)).map((device) => device.id);
  }

  #build(id: DeviceId): TestDevice {
    const store = new TestChunkStore(this.clock);
    const index = new MemoryOrderedStore();
    const sent: TestDevice['sent'] = [];
    return { id, store, index, sent, running: false, ...this.#process(id, store, index, sent) };
  }

  #process(id: DeviceId, store: TestChunkStore, index: OrderedStore, sent: TestDevice['sent']) {
    const known = this.#members.find((one) => one.id === id);
    const transport = this.network.transport(id, known?.class);
    const replication = createReplication({
      self: id,
      transport: recording(transport, sent, (deliver) => (this.mangle ? this.mangle(deliver) : deliver())),
      store,
      index,
      devices: {
        members: () => this.seenBy.get(id)?.(this.#members) ?? this.#members,
        onChange: (listener) => {
          this.#memberListeners.add(listener);
          return () => this.#memberListeners.delete(listener);
        },
      },
      versions: this.versions,
      oldestUploadMs: () => this.oldestUploadMs,
      catalog: {
        isComplete: () => this.catalogComplete,
        isClockRight: () => true,
        refresh: async () => undefined,
      },
      clock: this.clock,
      random: this.network.random,
      tunables: this.tunables,
      log: this.#log,
      restorable: () => this.signedIn.get(id) ?? [],
    });
    return { transport, replication };
  }
}

function recording(
  transport: Transport,
  sent: TestDevice['sent'],
  mangle: (deliver: () => void) => void,
): Transport {
  return {
    self: transport.self,
    start: () => transport.start(),
    stop: () => transport.stop(),
    peers: () => transport.peers(),
    isConnected: (device) => transport.isConnected(device),
    call: (to, method, body, options) => {
      sent.push({ method, to, bytes: body.length });
      return transport.call(to, method, body, options);
    },
    notify: (to, method, body) => {
      sent.push({ method, to, bytes: body.length });
      mangle(() => transport.notify(to, method, body));
    },
    handle: (method, handler) => transport.handle(method, handler),
    onPeer: (listener) => transport.onPeer(listener),
  };
}

/** A cluster whose devices are started. */
export function startCluster(count: number, options: ClusterOptions = {}): Promise<TestCluster> {
  return new TestCluster(count, options).start();
}
