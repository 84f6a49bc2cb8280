/** A maker for tests of the drive: what a "picture" is made of, its text says. */
import type {
  FilmAbilities,
  MadeMedia,
  MediaContent,
  MediaFacts,
  MediaMaker,
  PlaceNames,
} from '../../../src/model/contracts/media/media-maker.ts';
import type { RenditionFiles } from '../../../src/model/contracts/media/rendition-files.ts';

/** `picture`, `film` or something else, then facts as JSON. */
export function pictureText(facts: Partial<MediaFacts> = {}, word = 'picture'): string {
  return `${word} ${JSON.stringify(facts)}`;
}

export class FakeMaker implements MediaMaker {
  lack: string | null = null;
  renditions: RenditionFiles | undefined;
  /** What it can do with films. */
  abilities = { posters: false, renditions: false };
  /** Contents that were read, in order. */
  readonly read: string[] = [];
  /** Thrown by the next calls. */
  fault: Error | undefined;
  /** Waited for in each call. */
  pause: Promise<void> | undefined;
  /** Of each thumbnail, smallest first. */
  thumbnailBytes = [5_000, 300_000, 1_500_000];

  /** What a thumbnail consists of: bytes that no codec makes smaller, as WebP is. */
  bytesOf(at: number): Uint8Array {
    const bytes = new Uint8Array(this.thumbnailBytes[at] ?? 0);
    let state = at + 1;
    for (let index = 0; index < bytes.length; index += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      bytes[index] = state >>> 16;
    }
    return bytes;
  }

  async make(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null> {
    const pieces: Uint8Array[] = [];
    for await (const piece of content.read({ start: 0, end: content.size }, signal)) pieces.push(piece);
    const text = Buffer.concat(pieces).toString();
    this.read.push(text);
    await this.pause;
    signal.throwIfAborted();
    if (this.fault) throw this.fault;
    const [, word, json = '{}'] = /^(?:GIF8)?(picture|film) (.*)/.exec(text) ?? [];
    if (word === undefined) return null;
    const given: Partial<MediaFacts> = JSON.parse(json);
    const facts: MediaFacts = {
      kind: word === 'film' ? 'video' : 'image',
      format: word === 'film' ? 'mp4' : 'jpeg',
      width: 4000,
      height: 3000,
      ...given,
      ...(given.perceptualHash && { perceptualHash: Uint8Array.from(Object.values(given.perceptualHash)) }),
    };
    if ((word === 'film' && !this.abilities.posters) || given.problem) return { facts, thumbnails: [] };
    const thumbnails = ([240, 720, 2160] as const).map((size, at) => ({
      size,
      width: size,
      height: (size * 3) / 4,
      bytes: this.bytesOf(at),
    }));
    return { facts: { ...facts, thumbhash: Uint8Array.of(1, 2, 3) }, thumbnails };
  }

  /** North is Munich, south is Lima. */
  async places(): Promise<PlaceNames> {
    return {
      nameOf: ({ latitude }) =>
        latitude > 0
          ? {
              town: 'Munich',
              country: 'DE',
              countryName: 'Germany',
              words: ['Munich', 'München', 'Deutschland'],
            }
          : { town: 'Lima', country: 'PE', countryName: 'Peru', words: ['Lima', 'Peru'] },
    };
  }

  async films(): Promise<FilmAbilities> {
    return this.abilities;
  }

  /** The same bytes, smaller. */
  async *render(
    content: MediaContent,
    _film: object,
    { signal, onProgress }: { signal: AbortSignal; onProgress?(share: number): void },
  ): AsyncGenerator<Uint8Array> {
    if (this.fault) throw this.fault;
    onProgress?.(0.5);
    await this.pause;
    yield Buffer.from('smaller: ');
    yield* content.read({ start: 0, end: content.size }, signal);
  }

  async stop(): Promise<void> {}
}
