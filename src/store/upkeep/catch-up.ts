/** Which volumes have still to be compared with the index, and the comparing, one after the other. */
import { Semaphore } from '../../concurrency/index.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { VolumeId } from '../../model/ids.ts';
import { SharedRun } from '../locks/shared-run.ts';
import { throwApart } from '../locks/throw-apart.ts';
import type { IsThere, StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import { type RescanOutcome, rescanVolume } from './rescan.ts';

export class CatchUp {
  readonly #parts: StoreParts;
  readonly #isThere: IsThere;
  readonly #due: Set<VolumeId>;
  readonly #onDone: () => void;
  readonly #calm: Promise<unknown> | undefined;
  readonly #underWay = new Set<VolumeId>();
  readonly #oneAtATime = new Semaphore(1);
  readonly #abort = new AbortController();
  readonly #shared = new SharedRun(() => this.#lookThroughDue());
  #background: Promise<void> = Promise.resolve();

  /**
   * @param due volumes that an unclean stop, or a drive from elsewhere, has left to be compared
   * @param when.calm what is due at the start and can wait begins after it; @param when.onDone called when nothing is due
   */
  constructor(
    parts: StoreParts,
    isThere: IsThere,
    due: Iterable<VolumeId>,
    { calm, onDone }: { calm?: Promise<unknown> | undefined; onDone: () => void },
  ) {
    this.#calm = calm;
    this.#onDone = onDone;
    this.#parts = parts;
    this.#isThere = isThere;
    this.#due = new Set(due);
  }

  get due(): VolumeId[] {
    return [...this.#due];
  }

  /** Does the index know all that is on the volume, as far as anybody can tell? */
  isDone(volume: Volume): boolean {
    return !this.#due.has(volume.id) && !this.#underWay.has(volume.id);
  }

  /**
   * Begins with what is due: in the background, or before it resolves where the index knows no
   * chunk of a volume that has some, because this device would deny everything meanwhile.
   */
  async start(): Promise<void> {
    if (this.#someVolumeIsUnknown()) {
      this.#inBackground();
      await this.#background;
      return;
    }
    // It shares the thread with whatever else starts, and there are volumes with a million chunks.
    const { signal } = this.#abort;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    this.#background = Promise.race([this.#calm, stopped]).then(() => this.#shared.run());
  }

  /** Ends for good; what was not finished stays due. */
  async stop(): Promise<void> {
    this.#abort.abort(new PeerstorError('not-ready', 'The store was stopped.'));
    await this.#background;
  }

  /** These volumes may have changed behind the index. */
  mark(volumes: Iterable<Volume>): void {
    for (const volume of volumes) this.#due.add(volume.id);
    this.#inBackground();
  }

  /**
   * @param hashesNew records that no row knows are hashed before they count
   * @throws as `rescanVolume`, at the first volume that cannot be looked through
   */
  lookThrough(volumes: Iterable<Volume>, hashesNew = false): Promise<RescanOutcome> {
    return this.#oneAtATime.run(async () => {
      const sum = { added: 0, lost: 0 };
      for (const volume of volumes) {
        if (!volume.present) continue;
        // Taken out first: what marks it again meanwhile must be looked at again.
        this.#due.delete(volume.id);
        this.#underWay.add(volume.id);
        try {
          const { added, lost } = await rescanVolume(volume, this.#parts, {
            isThere: this.#isThere,
            signal: this.#abort.signal,
            hashesNew: hashesNew || volume.unverified,
          });
          if (volume.unverified) await this.#verified(volume);
          sum.added += added;
          sum.lost += lost;
        } catch (error) {
          this.#due.add(volume.id);
          throw error;
        } finally {
          this.#underWay.delete(volume.id);
        }
      }
      return sum;
    });
  }

  async #verified(volume: Volume): Promise<void> {
    const { files, index, device } = this.#parts;
    volume.unverified = false;
    await index.remember(volume.path, {
      id: volume.id,
      owner: device,
      mountPoint: await files.isMountPoint(volume.path),
    });
  }

  #inBackground(): void {
    this.#background = this.#shared.run();
  }

  async #lookThroughDue(): Promise<void> {
    for (const volume of this.#parts.volumes.values()) {
      if (!this.#due.has(volume.id) || this.#abort.signal.aborted) continue;
      try {
        await this.lookThrough([volume]);
      } catch (error) {
        // It stays due, and the volume's own state says why: missing, failed, or the store was stopped.
        if (!isPeerstorError(error)) throwApart(error);
      }
    }
    if (!this.#abort.signal.aborted) this.#onDone();
  }

  #someVolumeIsUnknown(): boolean {
    const { index, volumes } = this.#parts;
    for (const volume of volumes.values()) {
      if (!volume.present || volume.unverified || !this.#due.has(volume.id)) continue;
      if (index.count(volume.id).chunks > 0) continue;
      if (!volume.log.isEmpty) return true;
    }
    return false;
  }
}
