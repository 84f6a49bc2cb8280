/** Notices when a volume goes and when it comes back. */
import type { Timer } from '../model/clock.ts';
import { PeerstorError, sentenceOf } from '../model/errors.ts';
import type { VolumeId } from '../model/ids.ts';
import { diskVerdict } from './files/disk-error.ts';
import { SharedRun } from './locks/shared-run.ts';
import type { StoreParts } from './store-parts.ts';
import type { Volume } from './volume.ts';
import { readMarker } from './volume-marker.ts';

const checkEveryMs = 5000;

/**
 * Reads the markers every 5 s, and whenever a file turns out to be gone. A volume that goes takes
 * its chunks out of sight (`lost`, `missing`) and out of nothing else: rows stay, and count again
 * when the same marker is back (`added`).
 */
export class VolumePresence {
  readonly #parts: StoreParts;
  readonly #onReturn: (volume: Volume) => void;
  readonly #checks = new Map<VolumeId, SharedRun>();
  #sweeps: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #stopped = false;

  /** @param onReturn called when a volume is back: it may have been changed elsewhere */
  constructor(parts: StoreParts, onReturn: (volume: Volume) => void) {
    this.#parts = parts;
    this.#onReturn = onReturn;
  }

  start(): void {
    this.#timer = this.#parts.clock.after(checkEveryMs, () => {
      const volumes = [...this.#parts.volumes.values()];
      void Promise.all(volumes.map((volume) => this.check(volume))).then(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Ends for good; waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all([...this.#checks.values()].map((check) => check.run()));
    await this.#sweeps;
  }

  /** Reads the marker now. @returns whether the volume is there; never rejects */
  async check(volume: Volume): Promise<boolean> {
    const check = this.#checks.get(volume.id) ?? new SharedRun(() => this.#look(volume));
    this.#checks.set(volume.id, check);
    await check.run();
    return volume.present;
  }

  async #look(volume: Volume): Promise<void> {
    if (this.#stopped) return;
    try {
      const here = (await readMarker(this.#parts.files, volume.path)) === volume.id;
      if (here === volume.present) return;
      if (here) {
        await volume.makeFolders();
        volume.find();
        this.#onReturn(volume);
      } else {
        volume.miss(
          `The volume ${volume.path} is gone (unplugged, unmounted or deleted): its chunks do not count until it is back.`,
        );
      }
      this.#sweeps = this.#sweeps.then(() => this.#announceAll(volume, here));
    } catch (error) {
      // Too many open files say nothing about the volume; the next look will tell.
      const cause = error instanceof PeerstorError ? error.cause : error;
      if (diskVerdict(cause) === 'busy') return;
      volume.fail(`The volume ${volume.path} failed: ${sentenceOf(error)}`);
    }
  }

  /** One change for each chunk of the volume, page by page, so that the event loop goes on. */
  async #announceAll(volume: Volume, here: boolean): Promise<void> {
    const { index, changes } = this.#parts;
    try {
      for await (const { id } of index.chunks()) {
        if (this.#stopped) return;
        // The page may be older than the row: a chunk put elsewhere meanwhile is not lost.
        const row = index.chunk(id);
        if (row?.volume !== volume.id) continue;
        changes.announce(
          here ? { kind: 'added', id, size: row.size } : { kind: 'lost', id, reason: 'missing' },
        );
      }
    } catch (error) {
      volume.fail(`The chunks of the volume ${volume.path} cannot be listed: ${sentenceOf(error)}`);
    }
  }
}
