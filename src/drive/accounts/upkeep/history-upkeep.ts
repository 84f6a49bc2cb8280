/** Thins the histories of a signed-in user's files, as often as the shortest step of the schedule needs. */
import type { Timer } from '../../../model/clock.ts';
import type { CatalogChange } from '../../../model/contracts/catalog.ts';
import type { EntryId } from '../../../model/ids.ts';
import type { Tree } from '../../tree/tree.ts';
import { filesWithHistory, thinHistories } from '../../versions/history-thinning.ts';

/** Later than the first purge of the trash. */
const thinFirstMs = 120_000;
const thinEveryMs = 3_600_000;

export interface HistoryUpkeep {
  apply(changes: readonly CatalogChange[]): void;
  stop(): void;
}

/** @param guarded runs work, logs how much was done, and logs failures */
export function startHistoryUpkeep(
  tree: Tree,
  guarded: (what: string, work: () => Promise<number>) => Promise<void>,
): HistoryUpkeep {
  let stopped = false;
  let timer: Timer | undefined;
  /** Files with a history, once a scan has looked for them; the scan finds earlier changes. */
  let files: Set<EntryId> | undefined;

  async function thin(): Promise<number> {
    await tree.recordAges.note(tree.catalog);
    files ??= await filesWithHistory(tree);
    return thinHistories(tree, files, () => stopped);
  }

  function schedule(ms: number): void {
    timer = tree.clock.after(ms, () => {
      void guarded('Thinning histories', thin).then(() => {
        if (!stopped) schedule(thinEveryMs);
      });
    });
  }

  schedule(thinFirstMs);
  return {
    apply(changes) {
      for (const { record } of changes) {
        if (record.table !== 'version') continue;
        const body = tree.catalog.get('version', record.id)?.body;
        if (body?.owner === tree.user && body.replaces.length > 0) files?.add(body.entry);
      }
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
