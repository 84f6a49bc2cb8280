/** Volumes that come, change and go while the store is in use. */
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import type { OpenedVolume } from '../volumes/open-volume.ts';
import { dropVolume, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import { readMarker, writeMarker } from '../volumes/volume-marker.ts';
import type { CatchUp } from './catch-up.ts';
import type { MoveOut } from './move-out.ts';

/** What may be changed of a volume; what is left out stays. */
export interface VolumeChange {
  limitBytes?: number;
  draining?: boolean;
  /** Its owner says that its disk is sound: it takes chunks again. */
  trusted?: boolean;
}

export class VolumeChanges {
  readonly #parts: StoreParts;
  readonly #catchUp: CatchUp;
  readonly #moveOut: MoveOut;

  constructor(parts: StoreParts, catchUp: CatchUp, moveOut: MoveOut) {
    this.#parts = parts;
    this.#catchUp = catchUp;
    this.#moveOut = moveOut;
  }

  /** What `open` opened is in use from now on; chunks that came with it count as they are found. */
  added({ volume, origin }: OpenedVolume): void {
    if (origin !== 'made') this.#catchUp.mark([volume]);
    this.#moveOut.begin();
  }

  /** @throws `not-found` */
  change(path: string, { limitBytes, draining, trusted }: VolumeChange): void {
    const volume = this.#at(path);
    if (limitBytes !== undefined) volume.space.limitBytes = limitBytes;
    if (draining !== undefined) volume.draining = draining;
    if (trusted === true) volume.trustAgain();
    this.#moveOut.begin();
  }

  /** The chunks on a volume, in id order. @throws `not-found` */
  async *chunksOf(path: string): AsyncIterable<ChunkId> {
    const { id: wanted } = this.#at(path);
    for await (const { id, volume } of this.#parts.index.chunks()) if (volume === wanted) yield id;
  }

  /**
   * Lends a folder no more: its chunks do not count here any longer. What is in it stays as it is, and any
   * device may lend it.
   * @throws `not-found`
   */
  async remove(path: string): Promise<void> {
    const volume = this.#at(path);
    // Whoever is writing to it sees this and takes another one.
    volume.miss(`The folder ${path} is lent no more.`);
    this.#parts.volumes.delete(volume.id);
    await this.#giveBack(volume);
    await this.#parts.index.forget(path);
    await dropVolume(this.#parts, volume.id);
  }

  /** Best effort: a drive that is unplugged, or takes no writes, stays this device's. */
  async #giveBack(volume: Volume): Promise<void> {
    const { files, random, device } = this.#parts;
    await volume.log.close();
    try {
      const marker = await readMarker(files, volume.path);
      if (marker?.id !== volume.id || marker.owner !== device) return;
      await writeMarker(files, volume.path, { id: volume.id, owner: null }, random);
    } catch {
      // Whoever lends it next asks for it by name.
    }
    await volume.lock.release();
  }

  #at(path: string): Volume {
    for (const volume of this.#parts.volumes.values()) if (volume.path === path) return volume;
    throw new PeerstorError('not-found', `${path} is no volume of this device.`);
  }
}
