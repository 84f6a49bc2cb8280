/** Makes thumbnails and facts, one content after the other, in a child that is replaced when it ends. */
import { Semaphore } from '../concurrency/index.ts';
import { type Clock, type Random, systemRandom, type Timer } from '../model/clock.ts';
import type {
  FilmAbilities,
  MadeMedia,
  MediaContent,
  MediaMaker,
  PlaceNames,
} from '../model/contracts/media/media-maker.ts';
import type { RenditionFiles } from '../model/contracts/media/rendition-files.ts';
import { PeerstorError } from '../model/errors.ts';
import type { Log } from '../model/log.ts';
import type { ChildLimits } from './channel.ts';
import { type Ffmpeg, FfmpegFailed, findFfmpeg } from './films/ffmpeg.ts';
import { posterOf, renditionOf } from './films/film-program.ts';
import { answerWaitMs, childBytesMax, childIdleMs, imageBytesMax, imagePixelsMax } from './limits.ts';
import { ChildEnded, MediaChild } from './media-child.ts';
import { openPlaceNames } from './places/place-names.ts';

export interface MediaMakerParts {
  clock: Clock;
  log: Log;
  random?: Random;
  renditions?: RenditionFiles;
  /** The program for films; what the system finds under `ffmpeg` unless said. */
  ffmpegPath?: string;
  /** Tests shorten them. */
  limits?: Partial<ChildLimits>;
  answerWaitMs?: number;
  idleMs?: number;
  /** Called with each child that was started. */
  onChild?(child: MediaChild): void;
}

export function createMediaMaker(parts: MediaMakerParts): MediaMaker {
  return new OneAtATime(parts);
}

/** A child that cannot be started at all is tried again for the next content, not twice for one. */
const triesMax = 2;

class OneAtATime implements MediaMaker {
  readonly #parts: MediaMakerParts;
  readonly #turn = new Semaphore(1);
  #places: Promise<PlaceNames | undefined> | undefined;
  readonly #renditionTurn = new Semaphore(1);
  #ffmpeg: Promise<Ffmpeg | undefined> | undefined;
  readonly #stopping = new AbortController();
  #child: MediaChild | undefined;
  #idle: Timer | undefined;
  #lack: string | null = null;

  constructor(parts: MediaMakerParts) {
    this.#parts = parts;
  }

  get renditions(): RenditionFiles | undefined {
    return this.#parts.renditions;
  }

  get lack(): string | null {
    return this.#lack;
  }

  async make(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    return this.#turn.run(() => this.#inTurn(content, either), either);
  }

  async #inTurn(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    this.#idle?.cancel();
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      try {
        return await this.#try(content, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ChildEnded)) throw error;
        this.#parts.log.warn(
          { tries },
          `${error.message} The picture that it read stays without a thumbnail.`,
        );
        // Once more: what ended it may have been the system, which was short of memory.
        if (tries >= triesMax) return failed;
      } finally {
        this.#restLater();
      }
    }
  }

  async #try(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    const child = await this.#started();
    const abort = () => child.kill();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const made = await child.make(content, signal);
      return made && lacksPoster(made) ? await this.#withPoster(child, made, content, signal) : made;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #started(): Promise<MediaChild> {
    if (this.#child && !this.#child.isOver) return this.#child;
    const { clock, limits, answerWaitMs: waitMs = answerWaitMs, onChild } = this.#parts;
    const child = new MediaChild({
      limits: { imageBytesMax, imagePixelsMax, childBytesMax, ...limits },
      answerWaitMs: waitMs,
      clock,
    });
    this.#child = child;
    onChild?.(child);
    await child.ready();
    if (child.lack !== this.#lack && child.lack !== null) this.#parts.log.warn({}, child.lack);
    this.#lack = child.lack;
    return child;
  }

  /** A film as it was where there is no ffmpeg here: another device, or a browser, may make its poster. */
  async #withPoster(
    child: MediaChild,
    made: MadeMedia,
    content: MediaContent,
    signal: AbortSignal,
  ): Promise<MadeMedia> {
    const ffmpeg = await this.#findFfmpeg();
    if (!ffmpeg) return made;
    const { random = systemRandom } = this.#parts;
    try {
      const poster = await posterOf(ffmpeg, content, made.facts, { random, signal });
      const shown = await child.make(contentOf(poster), signal);
      if (!shown || shown.thumbnails.length === 0) throw new FfmpegFailed('It gave no picture.');
      const { width, height, thumbhash } = shown.facts;
      const size = made.facts.width === 0 ? { width, height } : {};
      return {
        facts: { ...made.facts, ...size, ...(thumbhash && { thumbhash }) },
        thumbnails: shown.thumbnails,
      };
    } catch (error) {
      if (!(error instanceof FfmpegFailed)) throw error;
      this.#parts.log.info({}, `A film has no poster: ${error.message}`);
      return { ...made, facts: { ...made.facts, problem: 'unsupported' } };
    }
  }

  #findFfmpeg(): Promise<Ffmpeg | undefined> {
    this.#ffmpeg ??= findFfmpeg(this.#parts.ffmpegPath);
    return this.#ffmpeg;
  }

  places(): Promise<PlaceNames | undefined> {
    this.#places ??= openPlaceNames(placesFile).catch((error: unknown) => {
      this.#parts.log.warn({ error }, 'The names of places could not be read');
      return undefined;
    });
    return this.#places;
  }

  async films(): Promise<FilmAbilities> {
    const ffmpeg = await this.#findFfmpeg();
    return { posters: ffmpeg !== undefined, renditions: ffmpeg?.encodes === true };
  }

  async *render(
    content: MediaContent,
    film: { durationSeconds?: number },
    { signal, onProgress }: { signal: AbortSignal; onProgress?(share: number): void },
  ): AsyncGenerator<Uint8Array> {
    const ffmpeg = await this.#findFfmpeg();
    if (!ffmpeg?.encodes) throw new PeerstorError('bad-input', noFfmpeg);
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    const { random = systemRandom } = this.#parts;
    const given = { random, signal: either, ...(onProgress && { onProgress }) };
    const release = await this.#renditionTurn.take(either);
    try {
      yield* renditionOf(ffmpeg, content, film, given);
    } catch (error) {
      if (!(error instanceof FfmpegFailed)) throw error;
      throw new PeerstorError('bad-input', 'This film cannot be decoded here.', { cause: error });
    } finally {
      release();
    }
  }

  #restLater(): void {
    const { clock, idleMs = childIdleMs } = this.#parts;
    this.#idle?.cancel();
    this.#idle = clock.after(idleMs, () => this.#rest());
  }

  #rest(): void {
    this.#child?.kill();
    this.#child = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('This device is stopping.'));
    this.#idle?.cancel();
    this.#rest();
  }
}

/** `scripts/build.ts` puts it beside the bundle; sources without a build have none. */
const placesFile = new URL(
  process.env.PEERSTOR_BUILT === '1' ? './places.gz' : '../../dist/node/places.gz',
  import.meta.url,
);

const noFfmpeg =
  'This device cannot make a film smaller: install ffmpeg on it, or open the film on a device that has it.';

function lacksPoster({ facts, thumbnails }: MadeMedia): boolean {
  return facts.kind === 'video' && facts.problem === undefined && thumbnails.length === 0;
}

function contentOf(bytes: Uint8Array): MediaContent {
  return {
    size: bytes.length,
    async *read({ start, end }) {
      yield bytes.subarray(start, end);
    },
  };
}

/** What can be said of a content at which children died: it looks like a picture, or it would not have been read so far. */
const failed: MadeMedia = {
  facts: { kind: 'image', format: 'unknown', width: 0, height: 0, problem: 'failed' },
  thumbnails: [],
};
