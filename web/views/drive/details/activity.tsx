import type { EntryView, VersionView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { mayDo, rightsWords } from '../../../client/sharing.ts';
import { entriesRevision } from '../../../client/state.ts';
import { formatFullTime, formatSize } from '../../../client/words/format.ts';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';
import { type Reach, reachOf } from './people.tsx';

interface Happening {
  at: string;
  sentence: string;
}

const shownMax = 20;

/** What happened to an entry, as far as its versions, grants and links tell, newest first. */
export function Activity({ entry }: { entry: EntryView }) {
  const { answer, error } = useQuery(() => happenings(entry), [entry.id], entriesRevision.value);
  return (
    <section class="stack" aria-labelledby="details-activity">
      <h3 id="details-activity">{t('Activity')}</h3>
      {error && <p class="notice warn">{error.message}</p>}
      <ul aria-label={t('Activity')} class="facts-list">
        {answer?.slice(0, shownMax).map(({ at, sentence }) => (
          <li key={`${at}${sentence}`}>
            <div>
              {sentence}
              <div class="muted">{formatFullTime(at)}</div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function happenings(entry: EntryView): Promise<Happening[]> {
  const [versions, reach] = await Promise.all([
    entry.kind === 'file' ? api.versions(entry.id).then(({ items }) => items) : [],
    mayDo(entry).share ? reachOf(entry) : null,
  ]);
  return happened(entry, versions, reach);
}

/** @param versions newest first; the oldest is what the file began with */
function happened(entry: EntryView, versions: readonly VersionView[], reach: Reach | null): Happening[] {
  const all: Happening[] = [
    { at: entry.createdAt, sentence: entry.kind === 'folder' ? t('Folder created') : t('File added') },
    ...versions.slice(0, -1).map(({ modifiedAt, size }) => ({
      at: modifiedAt,
      sentence: t('New content, {size}', { size: formatSize(size) }),
    })),
    ...(reach?.people ?? []).map(({ username, rights, grantedAt }) => ({
      at: grantedAt,
      sentence: t('Shared with {username}, who {rights}', { username, rights: t(rightsWords[rights]) }),
    })),
    ...(reach?.links ?? []).map(({ createdAt }) => ({ at: createdAt, sentence: t('Link created') })),
  ];
  return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
