/**
 * Counts copies: of every needed chunk, grouped by its set of holders, and of the versions that people look at.
 * Both counts follow each change of the inventory and the references, so a query is cheap. A device that
 * connects or disconnects changes no count, only which holders are reachable.
 */
import type { ChunkHealth, OffSite } from '../../model/contracts/health.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { countShared, type HolderMask } from '../database/holder-mask.ts';
import type { HoldersChange, Inventory } from '../inventory/inventory.ts';
import type { KnownManifest, NeedChange, ReferenceIndex } from './reference-index.ts';

/** Manifests whose counts are cached: enough for some folders of files that people have open. */
const manifestsKept = 20_000;

interface Tally {
  chunks: number;
  bytes: number;
}

/** Needed chunks of one manifest, grouped by holders, and its child manifests. */
interface ManifestCopies {
  key: ChunkKey;
  number: number;
  chunksByHolders: Map<HolderMask, number>;
  children: ChunkKey[];
}

/** Which device has how much of what a manifest needs, the manifest and its leaves included. */
export interface ManifestHolders {
  chunks: number;
  byDevice: Map<DeviceId, number>;
}

export class Copies {
  readonly #inventory: Inventory;
  readonly #references: ReferenceIndex;
  readonly #tallies = new Map<HolderMask, Tally>();
  /** Least recently used first. */
  readonly #manifests = new Map<ChunkKey, ManifestCopies>();
  readonly #byNumber = new Map<number, ManifestCopies>();
  /** Chunks up to this key have been counted since the start; null when all are. */
  #countedTo: ChunkKey | null = '';
  /** Chunks that became needed while the page that would contain them was being read. */
  readonly #fresh = new Set<ChunkKey>();
  #counting: Promise<void> = Promise.resolve();
  #stopListening: (() => void)[] = [];

  constructor(parts: { inventory: Inventory; references: ReferenceIndex }) {
    this.#inventory = parts.inventory;
    this.#references = parts.references;
  }

  start(): void {
    this.#stopListening = [
      this.#inventory.onChange((change) => this.#holdersChanged(change)),
      this.#references.onChange((change) => this.#needChanged(change)),
    ];
  }

  stop(): void {
    for (const stop of this.#stopListening) stop();
    this.#stopListening = [];
  }

  /** Counts every needed chunk again; until it resolves, `health` reports only a part of them. */
  count(): Promise<void> {
    this.#counting = this.#counting.catch(() => undefined).then(() => this.#countAll());
    return this.#counting;
  }

  async #countAll(): Promise<void> {
    this.#tallies.clear();
    this.#manifests.clear();
    this.#byNumber.clear();
    this.#fresh.clear();
    this.#countedTo = '';
    for await (const page of this.#references.chunks()) {
      const end = page.at(-1) ?? '';
      const keys = new Set(page);
      for (const key of this.#fresh) if (key <= end) keys.add(key);
      for (const key of keys) {
        this.#fresh.delete(key);
        this.#tallyIfNeeded(key);
      }
      this.#countedTo = end;
    }
    for (const key of this.#fresh) this.#tallyIfNeeded(key);
    this.#fresh.clear();
    this.#countedTo = null;
  }

  /** @param reachable devices whose copies count */
  health(reachable: HolderMask): Omit<ChunkHealth, 'unknownVersions' | 'offSite'> {
    const byCopies: Record<string, number> = {};
    let total = 0;
    let bytes = 0;
    for (const [mask, tally] of this.#tallies) {
      const copies = countShared(mask, reachable);
      byCopies[copies] = (byCopies[copies] ?? 0) + tally.chunks;
      total += tally.chunks;
      bytes += tally.bytes;
    }
    return { total, byCopies, bytes };
  }

  /** @param placeOf the named place of each member, '' where it has none */
  offSite(placeOf: ReadonlyMap<DeviceId, string>): OffSite {
    const places = new Set([...placeOf.values()].filter((place) => place !== '')).size;
    let onePlaceChunks = 0;
    for (const [mask, { chunks }] of places < 2 ? [] : this.#tallies) {
      const holders = this.#inventory.devicesIn(mask).flatMap((device) => placeOf.get(device) ?? []);
      // Devices without a named place never share one: nobody said where they are.
      if (holders[0] && holders.every((place) => place === holders[0])) onePlaceChunks += chunks;
    }
    return { places, onePlaceChunks };
  }

  /** Number of needed chunks that one of the `here` devices has and that fewer than `wanted` of the `others` have. */
  thinChunks(here: HolderMask, others: HolderMask, wanted: number): number {
    let thin = 0;
    for (const [mask, { chunks }] of this.#tallies) {
      if (countShared(mask, here) > 0 && countShared(mask, others) < wanted) thin += chunks;
    }
    return thin;
  }

  /** The distinct sets of holders of needed chunks. */
  holderSets(): Iterable<HolderMask> {
    return this.#tallies.keys();
  }

  /**
   * Copies of the rarest chunk that a version needs. Before the manifest was read: the copies of the manifest
   * itself.
   */
  ofManifest(key: ChunkKey, reachable: HolderMask): number {
    return this.#ofManifest(key, reachable, false);
  }

  #ofManifest(key: ChunkKey, reachable: HolderMask, isChild: boolean): number {
    const copies = this.#copiesOf(key);
    if (!copies) return countShared(this.#inventory.maskOf(key), reachable);
    let fewest = Number.POSITIVE_INFINITY;
    for (const mask of copies.chunksByHolders.keys()) fewest = Math.min(fewest, countShared(mask, reachable));
    // FORMAT allows one index over leaves and no deeper tree.
    for (const child of isChild ? [] : copies.children)
      fewest = Math.min(fewest, this.#ofManifest(child, reachable, true));
    return fewest;
  }

  /** undefined before the manifest was read. A chunk that two leaves need counts for each. */
  holdersOfManifest(key: ChunkKey): ManifestHolders | undefined {
    const root = this.#copiesOf(key);
    const parts = root?.children.map((child) => this.#copiesOf(child)) ?? [];
    const found: ManifestHolders = { chunks: 0, byDevice: new Map() };
    // A leaf is counted together with what it needs, so only the index itself is counted alone.
    const counted = parts.length > 0 ? [...parts, this.#alone(key)] : [root];
    for (const part of counted) {
      if (!part) return undefined;
      for (const [mask, count] of part.chunksByHolders) {
        found.chunks += count;
        for (const device of this.#inventory.devicesIn(mask)) {
          found.byDevice.set(device, (found.byDevice.get(device) ?? 0) + count);
        }
      }
    }
    return found;
  }

  #alone(key: ChunkKey): Pick<ManifestCopies, 'chunksByHolders'> {
    return { chunksByHolders: new Map([[this.#inventory.maskOf(key), 1]]) };
  }

  #copiesOf(key: ChunkKey): ManifestCopies | undefined {
    const kept = this.#manifests.get(key);
    if (kept) {
      this.#manifests.delete(key);
      this.#manifests.set(key, kept);
      return kept;
    }
    const manifest = this.#references.manifest(key);
    if (!manifest) return undefined;
    const fresh = this.#countManifest(key, manifest);
    this.#manifests.set(key, fresh);
    this.#byNumber.set(fresh.number, fresh);
    const [oldest] = this.#manifests.keys();
    if (this.#manifests.size > manifestsKept && oldest !== undefined) this.#forget(oldest);
    return fresh;
  }

  #countManifest(key: ChunkKey, manifest: KnownManifest): ManifestCopies {
    const chunksByHolders = new Map<HolderMask, number>();
    for (const chunk of new Set([key, ...manifest.references.map((reference) => reference.key)])) {
      add(chunksByHolders, this.#inventory.maskOf(chunk), 1);
    }
    const children = manifest.isIndex ? manifest.references.map((reference) => reference.key) : [];
    return { key, number: manifest.number, chunksByHolders, children };
  }

  #forget(key: ChunkKey): void {
    const kept = this.#manifests.get(key);
    if (!kept) return;
    this.#manifests.delete(key);
    this.#byNumber.delete(kept.number);
  }

  #holdersChanged({ key, before, after }: HoldersChange): void {
    const need = this.#references.needOf(key);
    if (!need) return;
    for (const number of need.by) {
      const counts = this.#byNumber.get(number)?.chunksByHolders;
      if (!counts) continue;
      add(counts, before, -1);
      add(counts, after, 1);
    }
    if (!this.#isCounted(key)) return;
    this.#tally(before, need.size, -1);
    this.#tally(after, need.size, 1);
  }

  #needChanged({ key, size, needed }: NeedChange): void {
    if (!needed) this.#forget(key);
    if (this.#isCounted(key)) this.#tally(this.#inventory.maskOf(key), size, needed ? 1 : -1);
    else if (needed) this.#fresh.add(key);
  }

  #isCounted(key: ChunkKey): boolean {
    return this.#countedTo === null || key <= this.#countedTo;
  }

  #tallyIfNeeded(key: ChunkKey): void {
    const need = this.#references.needOf(key);
    if (need) this.#tally(this.#inventory.maskOf(key), need.size, 1);
  }

  #tally(mask: HolderMask, size: number, chunks: 1 | -1): void {
    const tally = this.#tallies.get(mask) ?? { chunks: 0, bytes: 0 };
    tally.chunks += chunks;
    tally.bytes += chunks * size;
    if (tally.chunks === 0) this.#tallies.delete(mask);
    else this.#tallies.set(mask, tally);
  }
}

function add(counts: Map<HolderMask, number>, mask: HolderMask, difference: number): void {
  const count = (counts.get(mask) ?? 0) + difference;
  if (count === 0) counts.delete(mask);
  else counts.set(mask, count);
}
