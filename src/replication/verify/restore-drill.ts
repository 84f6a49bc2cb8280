/**
 * At intervals, reads some files of each signed-in user as if this device had nothing: from other devices only.
 * The files are opened and compared with their recorded digests. Only reading a copy back proves that it can be
 * restored. Drills are slow, pause while people use the device, and are not repeated after a restart.
 */
import type { DrillView } from '../../model/api.ts';
import { type Clock, sleep } from '../../model/clock.ts';
import { afterPrefix } from '../../model/contracts/ordered-store.ts';
import type { RestorableUser } from '../../model/contracts/restoring.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, shortId, type UserId, userId } from '../../model/ids.ts';
import type { Receipts } from '../database/receipts.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import {
  begunDrill,
  type DrillState,
  drillSentence,
  drillStateOf,
  drillView,
  endedDrill,
  firstDrill,
  isDue,
  isOver,
} from './drill-plan.ts';
import type { Foreground } from './foreground.ts';
import { RemoteReader, type RemoteReaderParts } from './remote-reader.ts';

const statePrefix = 'y';
/** Interval for checking whether a drill is due; a fifth of the period where tests shorten that. */
const lookMaxMs = 60_000;
const lookMinMs = 50;
const busyLookMs = 500;
/** All pauses of a drill together: a device that is always busy runs drills too. */
const pausedShareMax = 1 / 4;
/** Files drawn per wanted file, because some may be on devices that are off. */
const drawnForEach = 3;

export interface RestoreDrillParts extends RemoteReaderParts {
  index: WriteBehind;
  receipts: Receipts;
  foreground: Foreground;
  clock: Clock;
  /** `restoreDrillMs`. */
  periodMs: number;
  /** `restoreDrillFiles`; 0 disables drills. */
  files: number;
  /** The users whose keys are on this device now. */
  restorable(): RestorableUser[];
  /** True when this machine runs on battery. */
  onBattery(): boolean;
}

export class RestoreDrill {
  readonly #parts: RestoreDrillParts;
  readonly #stopping = new AbortController();
  readonly #states = new Map<UserId, DrillState>();
  #running: Promise<void> = Promise.resolve();
  #pausedMs = 0;

  constructor(parts: RestoreDrillParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { index, log } = this.#parts;
    for await (const page of index.pages(statePrefix, afterPrefix(statePrefix))) {
      for (const [key, value] of page) {
        const state = drillStateOf(Buffer.from(value).toString('utf8'));
        if (state) this.#states.set(userId(key.slice(statePrefix.length)), state);
        else log.warn({}, 'What is known of a restore drill was lost; it begins anew');
      }
    }
    if (this.#parts.files === 0) return;
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  status(): DrillView {
    const { clock, periodMs } = this.#parts;
    return drillView(this.#states.values(), clock.wallMs(), periodMs);
  }

  async #run(): Promise<void> {
    const { clock, log, periodMs, restorable } = this.#parts;
    const { signal } = this.#stopping;
    const lookMs = Math.max(lookMinMs, Math.min(lookMaxMs, periodMs / 5));
    for (;;) {
      await sleep(clock, lookMs, signal);
      for (const user of restorable()) {
        if (!this.#isReady()) break;
        try {
          await this.#drill(user);
        } catch (error) {
          signal.throwIfAborted();
          if (!isPeerstorError(error)) throw error;
          log.debug({ error, user: shortId(user.user) }, 'A restore drill was interrupted and goes on later');
        }
      }
    }
  }

  /** True when there is a device to read from and no condition forbids a drill now. */
  #isReady(): boolean {
    const { onBattery, peers } = this.#parts;
    return !onBattery() && peers.connected().length > 0;
  }

  /** Begins a due drill, or continues the one in progress, while there are devices to read from. */
  async #drill(user: RestorableUser): Promise<void> {
    const { clock, files, log, periodMs, random, receipts } = this.#parts;
    let state = this.#states.get(user.user) ?? this.#keep(user, firstDrill(clock.wallMs(), periodMs, random));
    if (!isDue(state, clock.wallMs(), periodMs)) return;
    if (state.left === null) {
      state = this.#keep(user, begunDrill(state, await user.sample(files * drawnForEach)));
    }
    this.#pausedMs = 0;
    const reader = new RemoteReader(this.#parts, (signal) => this.#pace(signal));
    while (!isOver(state, files)) {
      if (!this.#isReady()) return;
      state = this.#keep(user, await this.#next(user, state, reader));
    }
    const sentence = drillSentence(state);
    if (sentence) receipts.add(clock.wallMs(), sentence);
    if (state.failed.length > 0) log.warn({ files: state.failed.length }, 'A restore drill failed');
    this.#keep(user, endedDrill(state, clock.wallMs(), periodMs, random));
  }

  /** Tries the next file. A file that the end of this process interrupts is tried again by the next process. */
  async #next(user: RestorableUser, state: DrillState, reader: RemoteReader): Promise<DrillState> {
    const [file, ...left] = state.left ?? [];
    if (file === undefined) return state;
    const before = reader.badCopies;
    const outcome = await this.#restore(user, file, reader);
    if (outcome === 'untried' && !this.#isReady()) return state;
    return {
      ...state,
      left,
      restored: state.restored + (outcome === 'restored' ? 1 : 0),
      failed: outcome === 'failed' ? [...state.failed, file] : state.failed,
      badCopies: state.badCopies + reader.badCopies - before,
    };
  }

  async #restore(
    user: RestorableUser,
    file: EntryId,
    reader: RemoteReader,
  ): Promise<'restored' | 'failed' | 'untried'> {
    const { signal } = this.#stopping;
    try {
      const isThere = await user.restore(file, (id, within) => reader.read(id, within), signal);
      return isThere ? 'restored' : 'untried';
    } catch (error) {
      signal.throwIfAborted();
      // The user signed out: this file comes first when they return.
      if (!isPeerstorError(error) || error.code === 'aborted') throw error;
      // The file's copies are on devices that are off, or its records have not arrived yet.
      if (error.code === 'peer-unreachable' || error.code === 'not-ready') return 'untried';
      this.#parts.log.warn({ error, entry: shortId(file) }, 'A file could not be read from other devices');
      return 'failed';
    }
  }

  async #pace(signal: AbortSignal): Promise<void> {
    const { clock, foreground, onBattery, periodMs } = this.#parts;
    while (onBattery()) await sleep(clock, lookMaxMs, signal);
    while (foreground.isBusy && this.#pausedMs < periodMs * pausedShareMax) {
      await sleep(clock, busyLookMs, signal);
      this.#pausedMs += busyLookMs;
    }
  }

  #keep({ user }: RestorableUser, state: DrillState): DrillState {
    this.#states.set(user, state);
    this.#parts.index.set(statePrefix + user, Buffer.from(JSON.stringify(state)));
    return state;
  }
}
