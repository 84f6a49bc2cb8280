/** Answers devices that want to give up a copy: reads the bytes here and promises to keep them for `holdMs`. */
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { releaseMemory } from '../../model/memory.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { Members } from '../peers/members.ts';
import type { Holds } from '../surplus/holds.ts';
import { holdIdsMax, readIds } from '../wire.ts';

export interface HoldParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  holds: Holds;
  members: Members;
  index: WriteBehind;
  /** True while this device is giving up its own copy. */
  isGivingUp(id: ChunkId): boolean;
  log: Log;
}

export class Hold {
  readonly #parts: HoldParts;

  constructor(parts: HoldParts) {
    this.#parts = parts;
  }

  register(): void {
    this.#parts.transport.handle('chunk/hold', (_from, body, signal) => this.#answer(body, signal));
  }

  async #answer(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const promised: number[] = [];
    for (const id of readIds(body, holdIdsMax)) promised.push((await this.#promise(id, signal)) ? 1 : 0);
    await this.#parts.index.flush();
    return Uint8Array.from(promised);
  }

  /** Promises before reading, so that no deletion comes in between; a bad copy withdraws the promise. */
  async #promise(id: ChunkId, signal: AbortSignal): Promise<boolean> {
    const { self, store, holds, members, isGivingUp, log } = this.#parts;
    if (members.find(self)?.state !== 'active' || isGivingUp(id) || !store.has(id)) return false;
    // Somebody may edit it in the next moment.
    if (store.isEditable?.(id)) return false;
    const wasHeld = holds.isHeld(idKey(id));
    holds.promise(idKey(id));
    try {
      releaseMemory(await store.get(id, { verify: true, signal }));
      return store.has(id);
    } catch (error) {
      if (!isPeerstorError(error) && !signal.aborted) throw error;
      if (!wasHeld) holds.withdraw(idKey(id));
      log.debug({ error, chunk: id }, 'A copy could not be promised');
      return false;
    }
  }
}
