import type { EntryHealthView, EntryView } from '../../../../src/model/api.ts';
import { api } from '../../../client/api.ts';
import { entriesRevision, memberCount } from '../../../client/state.ts';
import { formatAgo } from '../../../client/words/format.ts';
import { safetyWords } from '../../../client/words/safety.ts';
import { t } from '../../../words/words.ts';
import { useQuery } from '../../use-query.ts';

type Copy = EntryHealthView['copies'][number];

/** How many copies a file has, on which devices, and when these were last checked. */
export function Copies({ entry }: { entry: EntryView }) {
  const { answer, error } = useQuery(() => api.entryHealth(entry.id), [entry.id], entriesRevision.value);
  const safety = answer?.safety ?? entry.safety;
  const words = safety && safetyWords(safety, memberCount.value);
  return (
    <section class="stack" aria-labelledby="details-copies">
      <h3 id="details-copies">{t('Copies')}</h3>
      {words && <p class={`notice ${words.tone}`}>{words.sentence}</p>}
      {error && <p class="notice warn">{error.message}</p>}
      {answer?.copies.length === 0 && <p class="muted">{t('No copies are known yet.')}</p>}
      <ul aria-label={t('Copies')} class="facts-list">
        {answer?.copies.map((copy) => (
          <li key={copy.deviceId}>
            <div>
              <strong class="ellipsis block">{copy.deviceName}</strong>
              <div class="muted">{shareWords(copy.chunks, answer.chunks)}</div>
              <div class="muted">{checkWords(copy)}</div>
            </div>
            <span class={`badge ${copy.online ? 'ok' : ''}`}>
              {copy.online ? t('online') : t('off^device')}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function shareWords(count: number, all: number): string {
  if (count >= all) return t('has a full copy ({all} {all|chunk|chunks})', { all });
  return t('has {count} of {all} {all|chunk|chunks}', { count, all });
}

function checkWords({ checkedAt }: Copy): string {
  return checkedAt === null ? t('not checked yet') : t('last checked {ago}', { ago: formatAgo(checkedAt) });
}
