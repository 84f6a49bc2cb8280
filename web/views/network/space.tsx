import type { DeviceView } from '../../../src/model/api.ts';
import { formatSize } from '../../client/words/format.ts';
import { t } from '../../words/words.ts';

/** How full each device is. */
export function Space({ devices }: { devices: readonly DeviceView[] }) {
  const members = devices.filter(({ state, capacityBytes }) => state !== 'removed' && capacityBytes > 0);
  if (members.length === 0) return null;
  return (
    <section class="card padded" aria-labelledby="space">
      <h2 id="space">{t('Space on each device')}</h2>
      <dl class="work machine">
        {members.map(({ id, name, usedBytes, capacityBytes }) => (
          <div key={id} class="contents">
            <dt>{name}</dt>
            <dd>
              <span class="numbers">
                {usedBytes === null
                  ? t('space not known yet')
                  : t('{used} of {capacity} used', {
                      used: formatSize(usedBytes),
                      capacity: formatSize(capacityBytes),
                    })}
              </span>
              <meter
                class="meter"
                aria-label={t('Space used on {name}', { name })}
                value={Math.min(1, (usedBytes ?? 0) / capacityBytes)}
                high={0.85}
                max={1}
              />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
