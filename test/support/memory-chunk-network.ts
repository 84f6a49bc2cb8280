/** Chunks of a whole network in one map, with knobs for what can go wrong. */
import { sha256 } from '../../src/crypto/index.ts';
import type { SafetyView } from '../../src/model/api.ts';
import type { ChunkNetwork } from '../../src/model/contracts/replication.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type ChunkId, toHex } from '../../src/model/ids.ts';

export interface MemoryChunkNetwork extends ChunkNetwork {
  readonly chunks: Map<ChunkId, Uint8Array>;
  /** Each step of an upload in order: `put ID`, `settle LEVEL`, `close`. */
  readonly steps: string[];
  /** Devices that copies reach; 1 is this one alone. */
  copies: number;
  /** Thrown by the next put. */
  failPut: Error | undefined;
  /** Waited for by each settle. */
  settling: Promise<void> | undefined;
}

const wanted = 3;

/** @param chunks shared between the networks of several devices, as if all were always reachable */
export function createMemoryChunkNetwork(chunks = new Map<ChunkId, Uint8Array>()): MemoryChunkNetwork {
  const steps: string[] = [];
  const safety = (): SafetyView => {
    const { copies } = network;
    return { level: copies >= wanted ? 'full' : copies > 1 ? 'safe' : 'accepted', copies, wanted };
  };
  const network: MemoryChunkNetwork = {
    chunks,
    steps,
    copies: 1,
    failPut: undefined,
    settling: undefined,
    start: async () => undefined,
    stop: async () => undefined,
    beginUpload: () => ({
      async put(id, bytes) {
        const { failPut } = network;
        network.failPut = undefined;
        if (failPut) throw failPut;
        if (toHex(sha256(bytes)) !== id)
          throw new PeerstorError('chunk-corrupt', 'These bytes have another id.');
        steps.push(`put ${id}`);
        // The uploader may use its buffer again.
        chunks.set(id, new Uint8Array(bytes));
      },
      adopt: async (id) => {
        steps.push(`adopt ${id}`);
        return chunks.has(id);
      },
      async settle(level, _waitMs, signal) {
        steps.push(`settle ${level}`);
        await network.settling;
        signal?.throwIfAborted();
        return safety();
      },
      close: () => {
        steps.push('close');
      },
    }),
    async read(id, options) {
      options?.signal?.throwIfAborted();
      const bytes = chunks.get(id);
      if (bytes) return bytes;
      throw new PeerstorError('chunk-missing', 'No device that can be reached has this chunk.');
    },
    reportCorruptLocal: async () => undefined,
    holders: () => [],
    safetyOf: safety,
    health: () => {
      throw new Error('the memory network does not do this');
    },
    impactOf: () => {
      throw new Error('the memory network does not do this');
    },
  };
  return network;
}
