import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';

export interface FolderPath {
  entry: EntryView;
  /** From the root, or from what somebody shared, to the folder itself. */
  path: EntryView[];
}

/** A folder and the folders around it; the root where `id` is undefined. */
export async function loadFolder(id: string | undefined, signal: AbortSignal): Promise<FolderPath> {
  if (id === undefined) {
    const entry = await api.root();
    return { entry, path: [entry] };
  }
  const [entry, { items }] = await Promise.all([api.entry(id, signal), api.ancestors(id, signal)]);
  return { entry, path: [...items, entry] };
}
