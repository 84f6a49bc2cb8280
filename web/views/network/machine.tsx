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
} from '../../client/machine.ts';
import { formatDuration, formatSize } from '../../client/words/format.ts';
import { useQuery } from '../use-query.ts';

/** Processor, memory, disks, network and heat of the machine that serves this page. */
export function Machine() {
  const { answer: system } = useQuery(askSystem, [], systemRevision.value);
  if (!system) return null;
  const { cpu, memory, disks, temperature } = system;
  return (
    <section class="card padded" aria-labelledby="machine">
      <h2 id="machine">This machine</h2>
      <dl class="work machine">
        <Figure name="Processor" share={cpu.percent / 100}>
          {Math.round(cpu.percent)}% of {cpu.cores === 1 ? 'one core' : `${cpu.cores} cores`}
        </Figure>
        <Figure name="Memory" share={memory.usedBytes / memory.totalBytes}>
          {formatSize(memory.usedBytes)} of {formatSize(memory.totalBytes)} used,{' '}
          {formatSize(memory.processBytes)} by peerstor
        </Figure>
        {disks.map((disk, index) => (
          <Figure
            key={disk.paths.join()}
            name={disks.length > 1 ? `Disk ${index + 1}` : 'Disk'}
            share={disk.usedBytes / Math.max(1, disk.usedBytes + disk.freeBytes)}
          >
            {formatSize(disk.freeBytes)} free of {formatSize(disk.totalBytes)}
            {disk.paths.length > 0 && <span class="muted path"> {disk.paths.join(', ')}</span>}
          </Figure>
        ))}
        <dt>Network</dt>
        <dd class="numbers">{networkWords(system.network)}</dd>
        {temperature !== null && (
          <>
            <dt>Temperature</dt>
            <dd class={`numbers ${toneOfTemperature(temperature)}`}>
              {new Intl.NumberFormat(undefined, { style: 'unit', unit: 'celsius' }).format(temperature)}
            </dd>
          </>
        )}
        <dt>Switched on for</dt>
        <dd class="numbers">{formatDuration(system.uptimeSeconds)}</dd>
        <dt>Version</dt>
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
  if (received === null || sent === null) return 'This system does not tell.';
  return `${formatSize(received)} per second in, ${formatSize(sent)} per second out`;
}
