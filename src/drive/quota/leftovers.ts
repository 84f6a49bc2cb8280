/**
 * What a user's drive keeps on disks though nothing in it names it any more: content that was deleted for ever and
 * chunks of uploads that broke off. The devices free them after the grace of garbage; until then they count
 * beside the quota, so that uploading and deleting in turn fills no disk. Kept in memory: a device that starts
 * again begins anew.
 */
import type { Clock } from '../../model/clock.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import type { ChunkId } from '../../model/ids.ts';

interface Left {
  bytes: number;
  untilMs: number;
}

export class Leftovers {
  readonly #clock: Clock;
  readonly #graceMs: number;
  /** By what names them: a chunk that is put again is not counted twice. In the order of their ends. */
  readonly #left = new Map<string, Left>();
  #bytes = 0;

  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Bytes that are left now. */
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
    this.#left.set(name, { bytes, untilMs: this.#clock.elapsedMs() + this.#graceMs });
    this.#bytes += bytes;
  }

  forget(name: string): void {
    const left = this.#left.get(name);
    if (!left) return;
    this.#left.delete(name);
    this.#bytes -= left.bytes;
  }
}

/** An upload that remembers what it put. */
export function watched(upload: ChunkUpload, put: Map<ChunkId, number>): ChunkUpload {
  return {
    put(id, bytes) {
      // Before it is on disk: an upload that breaks off does not wait for it.
      put.set(id, bytes.length);
      return upload.put(id, bytes);
    },
    settle: (level, waitMs, signal) => upload.settle(level, waitMs, signal),
    close: () => upload.close(),
  };
}
