/**
 * A file is as safe as what lists it. Chunks on two devices are of no use when the only device that knows
 * the file's records is gone, so an answer counts only devices that have both.
 */
import type { SafetyView } from '../../model/api.ts';
import type { UploadOptions } from '../../model/contracts/drive.ts';
import { safetyView } from '../../model/safety.ts';
import type { Tree } from '../tree/tree.ts';

/**
 * @param stored how safe the chunks are; the records are written already
 * @param options how long other devices may take to say that they have the records
 */
export async function listedSafety(
  tree: Tree,
  stored: SafetyView,
  { waitMs = tree.tunables.safeWaitMs, signal }: Pick<UploadOptions, 'waitMs' | 'signal'>,
): Promise<SafetyView> {
  const { copies, wanted } = stored;
  if (copies <= 1) return stored;
  const others = await tree.catalog.waitUntilReplicated(copies - 1, waitMs, signal);
  return safetyView(Math.min(copies, 1 + others), wanted);
}
