/** Notices when a volume goes and when it comes back. */
import type { Timer } from '../../model/clock.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { VolumeId } from '../../model/ids.ts';
import { chunkId } from '../../model/ids.ts';
import { defaultTunables } from '../../model/limits.ts';
import { diskVerdict, isReadOnly } from '../files/disk-error.ts';
import { segmentsPath } from '../files/layout.ts';
import { SharedRun } from '../locks/shared-run.ts';
import type { StoreParts } from './store-parts.ts';
import type { Volume } from './volume.ts';
import { makeSegmentsFolder, readMarker } from './volume-marker.ts';

const everyMinMs = 50;
/** A mark of no chunk. */
const nothing = { kind: 'dead', id: chunkId('0'.repeat(64)), target: { segment: 0, offset: 0 } } as const;

/**
 * Reads the markers regularly, and whenever a file turns out to be gone. A volume that goes takes
 * its chunks out of sight (`lost`, `missing`) and out of nothing else: rows stay, and count again
 * when the same marker is back (`added`).
 */
export class VolumePresence {
  readonly #parts: StoreParts;
  readonly #everyMs: number;
  readonly #onReturn: (volume: Volume) => void;
  readonly #checks = new Map<VolumeId, SharedRun>();
  #sweeps: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #stopped = false;

  /**
   * @param onReturn called when a volume is back: it may have been changed elsewhere
   * @param everyMs between two looks
   */
  constructor(
    parts: StoreParts,
    onReturn: (volume: Volume) => void,
    everyMs = defaultTunables.volumeCheckMs,
  ) {
    this.#parts = parts;
    this.#everyMs = Math.max(everyMinMs, everyMs);
    this.#onReturn = onReturn;
  }

  start(): void {
    this.#timer = this.#parts.clock.after(this.#everyMs, () => {
      const volumes = [...this.#parts.volumes.values()];
      void Promise.all(volumes.map((volume) => this.#checkAndRelease(volume))).then(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  async #checkAndRelease(volume: Volume): Promise<void> {
    // What cannot be closed now is closed at the next check.
    if (await this.check(volume)) await volume.log.releaseIdle().catch(() => undefined);
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
    const { files } = this.#parts;
    try {
      const problem = await this.#whyGone(volume);
      const here = problem === undefined;
      if (here && volume.present && volume.isReplacedBy(await files.identity(volume.path))) {
        // The files that are open lie on what was unmounted: they would fail for ever.
        await volume.log.close();
        await this.#openAgain(volume);
        this.#onReturn(volume);
        return;
      }
      if (here && volume.present && volume.isReadOnly) await this.#tryToWrite(volume);
      // Somebody deleted the folder of segments, not the volume: the rescan reports its chunks as lost.
      const isEmptied = here && volume.present && (await files.kind(segmentsPath(volume.path))) === undefined;
      if (here === volume.present && !isEmptied) return;
      if (here) {
        await this.#openAgain(volume);
        this.#onReturn(volume);
        if (isEmptied) return;
      } else {
        volume.miss(problem);
        await volume.log.close();
      }
      this.#sweeps = this.#sweeps.then(() => this.#announceAll(volume, here));
    } catch (error) {
      // Too many open files say nothing about the volume; the next look will tell.
      const cause = error instanceof PeerstorError ? error.cause : error;
      if (diskVerdict(cause) === 'busy') return;
      volume.fail(`The volume ${volume.path} failed: ${sentenceOf(error)}`);
    }
  }

  /** Why a volume is not there for this device; undefined when it is. */
  async #whyGone(volume: Volume): Promise<string | undefined> {
    const { files, device } = this.#parts;
    const marker = await readMarker(files, volume.path);
    if (marker?.id !== volume.id) {
      return `The volume ${volume.path} is gone (unplugged, unmounted or deleted): its chunks do not count until it is back.`;
    }
    if (marker.owner !== device) {
      return `The volume ${volume.path} is used by another device now: its chunks do not count here.`;
    }
    if (!volume.present || volume.isReadOnly || (await volume.lock.keep())) return undefined;
    return `The volume ${volume.path} is in use by another process: its chunks do not count here.`;
  }

  async #openAgain(volume: Volume): Promise<void> {
    const { files, random, device } = this.#parts;
    let problem: string | undefined;
    try {
      await makeSegmentsFolder(files, volume.path, { id: volume.id, owner: device }, random);
      await volume.lock.take();
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      problem = `The volume ${volume.path} takes no writes: ${sentenceOf(error)}`;
    }
    await volume.log.open();
    volume.find(await files.identity(volume.path));
    if (problem !== undefined) volume.fail(problem, true);
  }

  /** A disk that was read-only may take writes again: a mark that says nothing shows it. */
  async #tryToWrite(volume: Volume): Promise<void> {
    try {
      await volume.lock.take();
      await volume.log.appendMark(nothing, true);
      volume.recover();
    } catch (error) {
      if (diskVerdict(error) === 'broken' && !isReadOnly(error)) throw error;
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
