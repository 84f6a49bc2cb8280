/**
 * Leftovers of a user's drive: chunks on disks that nothing names any more, from purged content and from uploads that
 * broke off. The devices free them after the grace of garbage collection. Until then they count in addition to the
 * quota, across restarts too, so that uploading and deleting in turn cannot fill disks. Their end is measured by the
 * count of elapsed time, like that of garbage.
 */
import type { Clock } from '../../../model/clock.ts';
import { idKey } from '../../../model/contracts/ordered-store.ts';
import type { ChunkUpload } from '../../../model/contracts/replication.ts';
import type { ChunkId, UserId } from '../../../model/ids.ts';
import type { CountRows } from './count-rows.ts';

interface Left {
  bytes: number;
  untilMs: number;
}

export class Leftovers {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #rows: CountRows;
  readonly #prefix: string;
  /** By name, so that a chunk that is put again is not counted twice. Ordered by end. */
  readonly #left = new Map<string, Left>();
  #bytes = 0;

  constructor({ clock, graceMs, rows }: LeftoversParts, owner: UserId) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#rows = rows;
    this.#prefix = prefixOf(owner);
  }

  /** Loads the counts of earlier runs of this device. */
  async load(): Promise<void> {
    const nowMs = this.#clock.elapsedMs();
    const kept: (readonly [name: string, left: Left])[] = [];
    for await (const [name, [bytes = 0, untilMs = 0]] of this.#rows.below(this.#prefix)) {
      if (untilMs <= nowMs) this.#rows.set(this.#prefix + name, null);
      else kept.push([name, { bytes, untilMs: Math.min(untilMs, nowMs + this.#graceMs) }]);
    }
    for (const [name, left] of kept.sort(([, a], [, b]) => a.untilMs - b.untilMs)) {
      this.#left.set(name, left);
      this.#bytes += left.bytes;
    }
  }

  /** Bytes of leftovers now. */
  bytes(): number {
    const nowMs = this.#clock.elapsedMs();
    for (const [name, { untilMs }] of this.#left) {
      if (untilMs > nowMs) break;
      this.forget(name);
    }
    return this.#bytes;
  }

  add(name: string, bytes: number): void {
    this.forget(name);
    const untilMs = this.#clock.elapsedMs() + this.#graceMs;
    this.#left.set(name, { bytes, untilMs });
    this.#bytes += bytes;
    this.#rows.set(this.#prefix + name, [bytes, untilMs]);
  }

  forget(name: string): void {
    const left = this.#left.get(name);
    if (!left) return;
    this.#left.delete(name);
    this.#bytes -= left.bytes;
    this.#rows.set(this.#prefix + name, null);
  }
}

export interface LeftoversParts {
  clock: Clock;
  graceMs: number;
  rows: CountRows;
}

/** Notes leftovers of an owner whose counts were not loaded yet in this run. */
export function noteLeft(
  { clock, graceMs, rows }: LeftoversParts,
  owner: UserId,
  left: { name: string; bytes: number },
): void {
  rows.set(prefixOf(owner) + left.name, [left.bytes, clock.elapsedMs() + graceMs]);
}

/** Row: l ‖ user ‖ name → bytes, end in elapsed ms */
function prefixOf(owner: UserId): string {
  return `l${idKey(owner)}/`;
}

/** An upload that remembers its chunks. */
export function watched(upload: ChunkUpload, put: Map<ChunkId, number>): ChunkUpload {
  return {
    put(id, bytes) {
      // Noted before the chunk is on disk: an upload that breaks off does not wait for it.
      put.set(id, bytes.length);
      return upload.put(id, bytes);
    },
    // Chunks of an earlier session are counted with that session.
    adopt: (id) => upload.adopt(id),
    settle: (level, waitMs, signal) => upload.settle(level, waitMs, signal),
    close: () => upload.close(),
  };
}
