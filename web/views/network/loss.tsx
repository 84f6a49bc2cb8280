import { useState } from 'preact/hooks';
import type { DeviceView, ImpactView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { healthRevision } from '../../client/state.ts';
import { formatSize } from '../../client/words/format.ts';
import { Select } from '../../components/form/select.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** What would be lost if a device died now: chosen, looked at, and nothing is changed. */
export function LossSimulation({ devices }: { devices: readonly DeviceView[] }) {
  const [chosen, setChosen] = useState('');
  const members = devices.filter(({ state }) => state !== 'removed');
  const options = [
    { value: '', label: t('Choose a device') },
    ...members.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <section class="card padded" aria-labelledby="loss">
      <h2 id="loss">{t('What if a device were lost?')}</h2>
      <Select label={t('Lost device')} value={chosen} options={options} onChange={setChosen} />
      {chosen !== '' && <Outcome key={chosen} id={chosen} />}
    </section>
  );
}

function Outcome({ id }: { id: string }) {
  const { answer, error } = useQuery(() => api.impact(id), [id], healthRevision.value);
  if (error) return <p class="notice warn">{error.message}</p>;
  if (!answer) return <p aria-busy="true">{t('Loading…')}</p>;
  return <Impact impact={answer} />;
}

/** What goes with a device, in a sentence, and the files by name. */
export function Impact({ impact }: { impact: ImpactView }) {
  const { entries, lostChunks, thinChunks } = impact;
  const tone = lostChunks > 0 ? 'danger' : thinChunks > 0 ? 'warn' : 'ok';
  return (
    <>
      <p class={`notice ${tone}`} role="status">
        {impactSentence(impact)}
      </p>
      {entries.length > 0 && (
        <ul class="facts" aria-label={t('Files that would be lost')}>
          {entries.slice(0, namedMax).map((entry) => (
            <li key={entry.id}>{entry.name}</li>
          ))}
          {entries.length > namedMax && (
            <li class="muted">{t('and {more} more', { more: entries.length - namedMax })}</li>
          )}
        </ul>
      )}
    </>
  );
}

const namedMax = 10;

function impactSentence({ lostChunks, lostBytes, lostVersions, thinChunks }: ImpactView): string {
  if (lostChunks > 0) {
    return t(
      'Only this device has {chunks} {chunks|chunk|chunks} ({size}): {versions} {versions|version of a file|versions of files} would be lost forever.',
      { chunks: lostChunks, size: formatSize(lostBytes), versions: lostVersions },
    );
  }
  if (thinChunks > 0) {
    return t(
      'Nothing would be lost. {count} {count|chunk|chunks} would have too few copies until they are copied again.',
      { count: thinChunks },
    );
  }
  return t('Nothing would be lost. Everything would still have enough copies.');
}
