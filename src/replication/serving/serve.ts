/** Answers requests of other devices: take a chunk, give a chunk, say which chunks are here. */
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { putCreditsTotal, volumeStopRatio } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { GarbageClock } from '../garbage/garbage-clock.ts';
import type { Members } from '../peers/members.ts';
import { haveIdsMax, type PutAnswer, readIds, readPut, writePutAnswer } from '../wire.ts';

/** Doubted chunks read again at once; reports beyond this are ignored, because the scrub finds bad copies too. */
const recheckedMax = 16;

export interface ServeParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  garbageClock: GarbageClock;
  members: Members;
  log: Log;
}

export class Serve {
  readonly #parts: ServeParts;
  readonly #rechecking = new Set<ChunkId>();
  #puts = 0;

  constructor(parts: ServeParts) {
    this.#parts = parts;
  }

  register(): void {
    const { transport } = this.#parts;
    transport.handle('chunk/put', async (_from, body, signal) =>
      writePutAnswer(await this.#put(body, signal)),
    );
    transport.handle('chunk/get', (_from, body, signal) => this.#get(body, signal));
    transport.handle('chunk/have', (_from, body) => this.#have(body));
    transport.handle('chunk/bad', async (from, body) => {
      this.#recheck(from, body);
      return new Uint8Array(0);
    });
  }

  /** Answers only when the chunk is durable here (I2); the store hashes it first (I3). */
  async #put(body: Uint8Array, signal: AbortSignal): Promise<PutAnswer> {
    const { id, bytes } = readPut(body);
    const { store, garbageClock, members, self } = this.#parts;
    const takesNone = members.find(self)?.state === 'draining' || this.#isFull();
    if (takesNone && !store.has(id)) return 'full';
    if (this.#puts >= putCreditsTotal) return 'busy';
    this.#puts += 1;
    try {
      return await garbageClock.put(id, bytes, { signal });
    } catch (error) {
      if (isPeerstorError(error, 'disk-full') || this.#takesNothing()) return 'full';
      throw error;
    } finally {
      this.#puts -= 1;
    }
  }

  /** True when the volumes are missing, draining or not trusted: the sender should choose another device. */
  #takesNothing(): boolean {
    const { volumes } = this.#parts.store.usage();
    return volumes.length > 0 && volumes.every(({ state }) => state !== 'ok');
  }

  /** The last part of the lent space is reserved for this device's own uploads; trash is purged first. */
  #isFull(): boolean {
    const { bytes, limitBytes } = this.#parts.store.usage();
    return bytes >= limitBytes * volumeStopRatio;
  }

  /** Hashes the bytes before they leave: a rotten copy is quarantined here and not sent. */
  async #get(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return this.#parts.store.get(onlyId(body), { verify: true, signal, shared: true });
  }

  /** The asker may rely on the answer, so a chunk that is reported as present is kept for a while (I4). */
  async #have(body: Uint8Array): Promise<Uint8Array> {
    const { store, garbageClock, log } = this.#parts;
    const touch = (id: ChunkId) =>
      garbageClock.touch(id).catch((error: unknown) => {
        log.warn({ error, chunk: id }, 'A deleted chunk that is wanted could not be brought back');
        return store.has(id);
      });
    const held = await Promise.all(readIds(body, haveIdsMax).map(touch));
    return Uint8Array.from(held, (isHere) => (isHere ? 1 : 0));
  }

  /** A device got wrong bytes from here: a read with a check quarantines the copy if it is bad. */
  #recheck(from: DeviceId, body: Uint8Array): void {
    const id = onlyId(body);
    const { store, log } = this.#parts;
    if (this.#rechecking.has(id) || this.#rechecking.size >= recheckedMax) return;
    this.#rechecking.add(id);
    store
      .get(id, { verify: true })
      .then(() => log.info({ chunk: id, from }, 'A copy was doubted by another device, and is sound'))
      .catch((error: unknown) => log.warn({ error, chunk: id, from }, 'A doubted copy is bad'))
      .finally(() => this.#rechecking.delete(id));
  }
}

function onlyId(body: Uint8Array): ChunkId {
  const [id] = readIds(body, 1);
  if (!id) throw new PeerstorError('bad-frame', 'A device asked for a chunk without naming it.');
  return id;
}
