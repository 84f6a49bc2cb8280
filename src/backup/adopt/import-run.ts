/** Gives this device copies of its own of all that an adopted folder stands for. */
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { AdoptedChunks } from './adopted-chunks.ts';

export interface Importing {
  profile: string;
  adopted: AdoptedChunks;
  /** The store without adopted files. */
  volumes: Pick<ChunkStore, 'put'>;
  signal: AbortSignal;
}

/**
 * A chunk stops being an adopted one when its copy is durable, so one that breaks off goes on when it is begun again.
 * @throws `disk-full`, `storage-failed`
 */
export async function importAdopted({ profile, adopted, volumes, signal }: Importing) {
  const outcome = { chunks: 0, missing: 0 };
  const ids = await Array.fromAsync(adopted.chunksOf(profile));
  for (const id of ids) {
    signal.throwIfAborted();
    try {
      await volumes.put(id, await adopted.read(id, signal), { trusted: true });
      await adopted.forget(id, { quietly: true });
      outcome.chunks += 1;
    } catch (error) {
      // Changed since, or gone.
      if (!isPeerstorError(error, 'chunk-missing')) throw error;
      outcome.missing += 1;
    }
  }
  return outcome;
}
