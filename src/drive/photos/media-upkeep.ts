/**
 * Makes thumbnails and facts of what a signed-in user has: of what arrives at this device at once, of what another device took
 * in when that one does not, and at sign-in of everything that lacks them. Nothing is remembered: what has no media record is
 * what is to be done, so whatever breaks off is found again.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Timer } from '../../model/clock.ts';
import type { CatalogChange } from '../../model/contracts/catalog.ts';
import type { MediaMaker } from '../../model/contracts/media/media-maker.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import { shortId, type VersionId, versionId } from '../../model/ids.ts';
import { hlcTicksPerMs, type VersionBody } from '../../model/records.ts';
import { isLive, type Live } from '../keys/live.ts';
import { candidateOf, isNoMedia } from '../tree/media-candidates.ts';
import { givenName, openEntry, type Tree } from '../tree/tree.ts';
import { hasRecord, writeMedia } from './media-writing.ts';

/** After sign-in: the first page comes first. */
const scanFirstMs = 2_000;
/** Versions that are looked at before others have their turn. */
const versionsAtOnce = 32;
/** Versions under way: one is decoded while the bytes of others are read and stored. */
const atOnce = 3;
/** After what is no property of the content: devices that are off, a full disk. Twice as long after each failure. */
const againMs = 60_000;
const againMaxMs = 900_000;

export interface MediaProgress {
  /** Versions that wait for their thumbnails here. */
  waiting: number;
  /** Why none can be made here; null where they can. */
  lack: string | null;
}

export interface MediaUpkeep {
  apply(changes: readonly CatalogChange[]): void;
  progress(): MediaProgress;
  stop(): void;
}

interface Due {
  version: VersionId;
  isNew: boolean;
  /** Times that it was tried and put off. */
  failures: number;
}

const running = new WeakMap<Tree, MediaUpkeep>();

/** Of the drive of a signed-in user; undefined for a drive that is only looked into. */
export function mediaUpkeepOf(tree: Tree): MediaUpkeep | undefined {
  return running.get(tree);
}

export function startMediaUpkeep(tree: Tree): MediaUpkeep {
  const upkeep = new MediaQueue(tree);
  running.set(tree, upkeep);
  return upkeep;
}

class MediaQueue implements MediaUpkeep {
  readonly #tree: Tree;
  readonly #stopping = new AbortController();
  readonly #timers = new Set<Timer>();
  /** The last one is next: what somebody just uploaded is looked at before what waits for long. */
  readonly #stack: VersionId[] = [];
  readonly #due = new Map<VersionId, Due>();
  /** Failed, and are tried again later. */
  readonly #putOff = new Set<VersionId>();
  #working = 0;
  /** Can this device make pictures of films? */
  #posters = false;

  constructor(tree: Tree) {
    this.#tree = tree;
    if (!tree.media) return;
    this.#later(scanFirstMs, () => {
      this.#scan().catch((error: unknown) => {
        if (!this.#isOver) tree.log.warn({ error }, 'Looking for pictures without thumbnails failed');
      });
    });
  }

  apply(changes: readonly CatalogChange[]): void {
    const { catalog, user } = this.#tree;
    for (const { record, local } of changes) {
      if (record.table !== 'version') continue;
      const now = catalog.get('version', record.id);
      if (!isLive(now) || now.body.owner !== user) continue;
      if (local) {
        if (!isNoMedia(now.body.manifest)) this.#add(versionId(record.id), true);
      } else this.#addForeign(versionId(record.id), Math.floor(now.hlc / hlcTicksPerMs));
    }
  }

  progress(): MediaProgress {
    return { waiting: this.#due.size, lack: this.#tree.media?.lack ?? null };
  }

  stop(): void {
    this.#stopping.abort(new Error('The user signed out.'));
    for (const timer of this.#timers) timer.cancel();
    running.delete(this.#tree);
  }

  get #isOver(): boolean {
    return this.#stopping.signal.aborted;
  }

  #later(ms: number, work: () => void): void {
    const timer = this.#tree.clock.after(ms, () => {
      this.#timers.delete(timer);
      work();
    });
    this.#timers.add(timer);
  }

  #add(version: VersionId, isNew: boolean, failures = 0): void {
    if (!this.#tree.media || this.#isOver || this.#putOff.has(version)) return;
    if (hasRecord(this.#tree, version, this.#posters)) return;
    this.#due.set(version, { version, isNew, failures });
    this.#stack.push(version);
    if (this.#working < atOnce) void this.#work(this.#tree.media);
  }

  /** A device that took a version in makes its thumbnails itself, unless it was switched off right then. */
  #addForeign(version: VersionId, writtenAtMs: number): void {
    const { clock, tunables } = this.#tree;
    const ageMs = Math.max(0, clock.wallMs() - writtenAtMs);
    const waitMs = tunables.mediaOthersMs - ageMs;
    if (waitMs <= 0) this.#add(version, false);
    else this.#later(waitMs, () => this.#add(version, false));
  }

  async #work(maker: MediaMaker): Promise<void> {
    this.#working += 1;
    const { signal } = this.#stopping;
    for (let next = this.#next(); next && !this.#isOver; next = this.#next()) {
      const { version, isNew, failures } = next;
      try {
        const written = await writeMedia(this.#tree, maker, version, {
          isNew,
          isRetry: failures > 0,
          signal,
        });
        if (written === 'again') this.#stack.push(version);
        else this.#due.delete(version);
      } catch (error) {
        this.#due.delete(version);
        if (!this.#isOver) this.#postpone(next, error);
      }
    }
    this.#working -= 1;
  }

  #next(): Due | undefined {
    for (let version = this.#stack.pop(); version !== undefined; version = this.#stack.pop()) {
      const due = this.#due.get(version);
      // One that was added twice was done the first time.
      if (due) return due;
    }
    return undefined;
  }

  #postpone({ version, isNew, failures }: Due, error: unknown): void {
    const { log } = this.#tree;
    // Decoding everything again would not make room, and what is no known error does not pass by itself: the next
    // sign-in tries again.
    if (!isPeerstorError(error) || error.code === 'quota-exceeded') {
      log.warn({ version: shortId(version) }, `Thumbnails could not be made: ${sentenceOf(error)}`);
      return;
    }
    log.info({ version: shortId(version) }, `Thumbnails have to wait: ${sentenceOf(error)}`);
    const waitMs = Math.min(againMaxMs, againMs * 2 ** failures);
    this.#putOff.add(version);
    this.#later(waitMs, () => {
      this.#putOff.delete(version);
      this.#add(version, isNew, failures + 1);
    });
  }

  /** Oldest first, so that the newest is next. */
  async #scan(): Promise<void> {
    const { catalog, user, media } = this.#tree;
    this.#posters = (await media?.films())?.posters === true;
    let looked = 0;
    const lacking: { version: VersionId; writtenAtMs: number; isOwn: boolean }[] = [];
    for await (const record of catalog.versionsOwnedBy(user)) {
      if (this.#isOver) return;
      looked += 1;
      if (looked % versionsAtOnce === 0) await breathe();
      if (!isLive(record) || hasRecord(this.#tree, record.id, this.#posters) || !isLikely(this.#tree, record))
        continue;
      const writtenAtMs = Math.floor(record.hlc / hlcTicksPerMs);
      lacking.push({ version: versionId(record.id), writtenAtMs, isOwn: record.device === catalog.self });
    }
    lacking.sort((left, right) => left.writtenAtMs - right.writtenAtMs);
    for (const { version, writtenAtMs, isOwn } of lacking) {
      if (isOwn) this.#add(version, false);
      else this.#addForeign(version, writtenAtMs);
    }
  }
}

function isLikely(tree: Tree, record: Live<VersionBody>): boolean {
  try {
    const entry = openEntry(tree, record.body.entry);
    const version = tree.cache.heads.open(record, entry.keys);
    return version !== undefined && candidateOf(givenName(entry), version.mime) === 'likely';
  } catch (error) {
    if (isPeerstorError(error)) return false;
    throw error;
  }
}
