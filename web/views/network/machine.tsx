import type { ComponentChildren } from 'preact';
import type { SystemView } from '../../../src/model/contracts/health.ts';
import {
  askSystem,
  busyShare,
  fullShare,
  systemRevision,
  type Tone,
  toneOf,
  toneOfTemperature,
} from '../../client/network/machine.ts';
import { formatDuration, formatSize } from '../../client/words/format.ts';
import { spoken, t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Processor, memory, disks, network and heat of the machine that serves this page. */
export function Machine() {
  const { answer: system } = useQuery(askSystem, [], systemRevision.value);
  if (!system) return null;
  const { cpu, memory, disks, temperature } = system;
  return (
    <section class="card padded" aria-labelledby="machine">
      <h2 id="machine">{t('This machine')}</h2>
      <dl class="work machine">
        <Figure name={t('Processor')} share={cpu.percent / 100}>
          {t('{percent}% of {count} {count|core|cores}', {
            percent: Math.round(cpu.percent),
            count: cpu.cores,
          })}
        </Figure>
        <Figure name={t('Memory')} share={memory.usedBytes / memory.totalBytes}>
          {t('{used} of {total} used, {own} by peerstor', {
            used: formatSize(memory.usedBytes),
            total: formatSize(memory.totalBytes),
            own: formatSize(memory.processBytes),
          })}
        </Figure>
        {disks.map((disk, index) => (
          <Figure
            key={disk.paths.join()}
            name={disks.length > 1 ? t('Disk {number}', { number: index + 1 }) : t('Disk')}
            share={disk.usedBytes / Math.max(1, disk.usedBytes + disk.freeBytes)}
          >
            {t('{free} free of {total}', {
              free: formatSize(disk.freeBytes),
              total: formatSize(disk.totalBytes),
            })}
            {disk.paths.length > 0 && <span class="muted path"> {disk.paths.join(', ')}</span>}
          </Figure>
        ))}
        <dt>{t('Network')}</dt>
        <dd class="numbers">{networkWords(system.network)}</dd>
        {temperature !== null && (
          <>
            <dt>{t('Temperature')}</dt>
            <dd class={`numbers ${toneOfTemperature(temperature)}`}>
              {new Intl.NumberFormat(spoken.value.locale, { style: 'unit', unit: 'celsius' }).format(
                temperature,
              )}
            </dd>
          </>
        )}
        <dt>{t('Switched on for')}</dt>
        <dd class="numbers">{formatDuration(system.uptimeSeconds)}</dd>
        <dt>{t('Version')}</dt>
        <dd class="numbers">peerstor {system.version}</dd>
      </dl>
    </section>
  );
}

function Figure({ name, share, children }: { name: string; share: number; children: ComponentChildren }) {
  const tone: Tone = toneOf(share);
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <span class={`numbers ${tone}`}>{children}</span>
        <meter
          class="meter"
          aria-label={name}
          value={Math.min(1, share)}
          low={busyShare}
          high={fullShare}
          optimum={0}
          max={1}
        />
      </dd>
    </>
  );
}

function networkWords({
  receivedBytesPerSecond: received,
  sentBytesPerSecond: sent,
}: SystemView['network']): string {
  if (received === null || sent === null) return t('This system does not tell.');
  return t('{received} per second in, {sent} per second out', {
    received: formatSize(received),
    sent: formatSize(sent),
  });
}
