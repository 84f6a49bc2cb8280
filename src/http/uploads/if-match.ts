import type { EntryView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { versionsNamed } from '../content/preconditions.ts';

/**
 * The version that a change is conditional on. A change takes one version; where the client names
 * several, the one that is current is meant.
 * @param current reads the entry as it is now
 * @returns undefined when any version will do
 * @throws `precondition-failed` when several are named and none is current
 */
export async function versionExpected(
  header: string | undefined,
  current: () => Promise<EntryView>,
): Promise<string | undefined> {
  if (header === undefined) return undefined;
  const named = versionsNamed(header);
  if (named === '*') return undefined;
  if (named.length === 1) return named[0];
  const { version } = await current();
  if (named.includes(version)) return version;
  throw changedMeanwhile();
}

export function changedMeanwhile(): PeerstorError {
  return new PeerstorError(
    'precondition-failed',
    'This has changed meanwhile: look at it again, then repeat.',
  );
}
