/**
 * Volumes without the device that lent them: their chunks are found by reading the segments, and nothing on
 * them is changed. For rescue, where neither a home nor an index is left.
 */
import { basename, dirname, resolve } from 'node:path';
import { PeerstorError, sentenceOf } from '../model/errors.ts';
import { type ChunkId, shortId } from '../model/ids.ts';
import { hashesTo } from './chunks/chunk-hash.ts';
import { type DiskFiles, nodeFiles } from './files/disk-files.ts';
import { segmentNumber, segmentPath, segmentsFolderName, segmentsPath } from './files/layout.ts';
import { readAll } from './files/whole-file.ts';
import { Segment } from './segments/segment.ts';
import { decodeSegmentHead, recordHeadBytes, segmentHeadBytes } from './segments/segment-format.ts';

interface Found {
  /** Index into the list of segments. */
  segment: number;
  offset: number;
  length: number;
}

/** What reading the volumes came to. */
export interface LooseVolumesOutcome {
  chunks: number;
  /** One sentence for each folder or segment that could not be read. */
  problems: string[];
}

export class LooseVolumes {
  readonly #files: DiskFiles;
  /** Paths. */
  readonly #segments: string[] = [];
  /** The places of a chunk; most chunks have one. */
  readonly #places = new Map<ChunkId, Found | Found[]>();

  /** The folders of the volumes. */
  readonly folders: readonly string[];

  private constructor(files: DiskFiles, folders: readonly string[]) {
    this.#files = files;
    this.folders = folders;
  }

  /**
   * Looks through volumes. What cannot be read is told and left out.
   * @param folders of volumes, or their folders of segments
   * @throws `bad-input` when one of them is no volume at all
   */
  static async open(
    folders: readonly string[],
    files: DiskFiles = nodeFiles,
  ): Promise<{ volumes: LooseVolumes; outcome: LooseVolumesOutcome }> {
    const volumes = new LooseVolumes(files, [...new Set(folders.map(volumeOf))]);
    const problems: string[] = [];
    for (const folder of volumes.folders) await volumes.#add(folder, problems);
    return { volumes, outcome: { chunks: volumes.#places.size, problems } };
  }

  /**
   * The sealed bytes of a chunk, hashed (I3).
   * @throws `chunk-missing` when it is on none of the volumes, `chunk-corrupt` when every copy is damaged
   */
  async read(id: ChunkId): Promise<Uint8Array> {
    const found = this.#places.get(id);
    if (found === undefined)
      throw new PeerstorError('chunk-missing', `Chunk ${shortId(id)} is on none of these volumes.`);
    const problems: string[] = [];
    for (const place of Array.isArray(found) ? found : [found]) {
      const path = this.#segments[place.segment] ?? '';
      try {
        const bytes = await this.#bytesAt(place);
        if (bytes !== undefined && (await hashesTo(id, bytes))) return bytes;
        problems.push(`it is damaged in ${path}`);
      } catch (error) {
        problems.push(`${path}: ${sentenceOf(error)}`);
      }
    }
    throw new PeerstorError('chunk-corrupt', `Chunk ${shortId(id)} cannot be read: ${problems.join('; ')}.`);
  }

  async #add(volume: string, problems: string[]): Promise<void> {
    let names: string[];
    try {
      names = await this.#files.list(segmentsPath(volume));
    } catch (cause) {
      throw new PeerstorError(
        'bad-input',
        `${volume} is no volume that can be read (${sentenceOf(cause)}): name the folder that has "${segmentsFolderName}" in it.`,
        { cause },
      );
    }
    const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
    for (const number of numbers) {
      const path = segmentPath(volume, number);
      try {
        await this.#addSegment(volume, path);
      } catch (error) {
        problems.push(`${path} cannot be read: ${sentenceOf(error)}`);
      }
    }
  }

  /** Marks are passed over: bytes that were given up and still hash to their id are as good as others. */
  async #addSegment(volume: string, path: string): Promise<void> {
    const file = await this.#files.open(path, 'read');
    try {
      const bytes = Buffer.alloc(segmentHeadBytes);
      const head = (await readAll(file, [bytes], 0)) ? decodeSegmentHead(bytes) : undefined;
      if (head === undefined) throw new Error('its head is damaged, or of a newer version of peerstor');
      const segment = this.#segments.push(path) - 1;
      await new Segment(this.#files, volume, head).load(file, (entry) => {
        if (entry.kind !== 'chunk') return;
        this.#found(entry.id, { segment, offset: entry.offset, length: entry.length });
      });
    } finally {
      await file.close();
    }
  }

  #found(id: ChunkId, place: Found): void {
    const before = this.#places.get(id);
    if (before === undefined) this.#places.set(id, place);
    else this.#places.set(id, Array.isArray(before) ? [...before, place] : [before, place]);
  }

  async #bytesAt({ segment, offset, length }: Found): Promise<Uint8Array | undefined> {
    const file = await this.#files.open(this.#segments[segment] ?? '', 'read');
    try {
      const bytes = new Uint8Array(length);
      return (await readAll(file, [bytes], offset + recordHeadBytes)) ? bytes : undefined;
    } finally {
      await file.close();
    }
  }
}

function volumeOf(folder: string): string {
  const path = resolve(folder);
  return basename(path) === segmentsFolderName ? dirname(path) : path;
}
