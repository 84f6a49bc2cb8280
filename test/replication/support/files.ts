/** Files as the drive stores them: chunks, a manifest over them, and an index where there are many. */
import { sealManifest } from '../../../src/crypto/index.ts';
import type { ChunkId } from '../../../src/model/ids.ts';
import type { TestCluster, TestDevice } from './cluster.ts';
import { chunkOf } from './fixtures.ts';

const entryKey = new Uint8Array(32).fill(7);

export interface TestFile {
  /** Everything to store, the root manifest last. */
  chunks: { id: ChunkId; bytes: Uint8Array }[];
  manifest: ChunkId;
}

/** A file of the chunks with these numbers. */
export function fileOf(...numbers: number[]): TestFile {
  const chunks = numbers.map((number) => chunkOf(number));
  const manifest = sealManifest(entryKey, {
    kind: 'leaf',
    references: chunks.map(({ id, bytes }) => ({ id, size: bytes.length })),
    slots: chunks.map(({ bytes }) => ({ key: new Uint8Array(32), size: bytes.length })),
    cutter: 'test',
  });
  return { chunks: [...chunks, manifest], manifest: manifest.id };
}

/** A file in several parts, each with a manifest of its own. */
export function indexOf(...parts: TestFile[]): TestFile {
  const manifests = parts.map((part) => part.chunks.at(-1)!);
  const root = sealManifest(entryKey, {
    kind: 'index',
    references: manifests.map(({ id, bytes }) => ({ id, size: bytes.length })),
    sizes: manifests.map(() => 1000),
    cutter: 'test',
  });
  return { chunks: [...parts.flatMap(({ chunks }) => chunks), root], manifest: root.id };
}

/** Uploads a file on a device and makes it version `number` of the catalog. */
export async function save(
  cluster: TestCluster,
  device: TestDevice,
  number: number,
  file: TestFile,
  level: 'accepted' | 'safe' | 'full' = 'full',
): Promise<void> {
  await cluster.upload(device, file.chunks, level);
  cluster.versions.add(number, file.manifest);
  await cluster.clock.pass(1);
}
