import type { DeviceView } from '../../../src/model/api.ts';
import type { TopologyDeviceView, TopologyView } from '../../../src/model/views/topology.ts';
import { api } from '../../client/api.ts';
import { systemRevision } from '../../client/network/machine.ts';
import { linesOf, pageOf, spotsOf } from '../../client/network/topology.ts';
import { formatSize } from '../../client/words/format.ts';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Who is connected to whom: a picture, and the same as a table. */
export function Topology({ devices }: { devices: readonly DeviceView[] }) {
  const { answer } = useQuery(() => api.topology(), [], systemRevision.value);
  if (!answer) return null;
  const told = answer.devices.filter(({ deviceId }) => devices.some(({ id }) => id === deviceId));
  const nameOf = (id: string) => devices.find((device) => device.id === id)?.name ?? id.slice(0, 8);
  return (
    <section class="card padded" aria-labelledby="connections">
      <h2 id="connections">{t('Connections')}</h2>
      <Picture devices={devices} topology={{ devices: told }} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section class="wide-table" tabIndex={0} aria-label={t('Table of connections')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('Device')}</th>
              <th scope="col">{t('Connected to')}</th>
              <th scope="col">{t('Sent to it')}</th>
              <th scope="col">{t('Received from it')}</th>
              <th scope="col">{t('Version')}</th>
              <th scope="col">{t('Page')}</th>
            </tr>
          </thead>
          <tbody>
            {told.map((device) => (
              <DeviceLine key={device.deviceId} device={device} nameOf={nameOf} />
            ))}
          </tbody>
        </table>
      </section>
      <p class="muted">{t('Bytes are counted since this device started.')}</p>
    </section>
  );
}

function DeviceLine({ device, nameOf }: { device: TopologyDeviceView; nameOf(id: string): string }) {
  const { deviceId, links, traffic, version, pages } = device;
  const page = pageOf(pages, location);
  const linked = links.map((link) =>
    t('{name} ({rtt} ms)', { name: nameOf(link.deviceId), rtt: link.rttMs }),
  );
  return (
    <tr>
      <th scope="row">{nameOf(deviceId)}</th>
      <td>{linked.length > 0 ? linked.join(', ') : '–'}</td>
      <td class="numbers">{traffic ? moved(traffic.sentBytes, traffic.sentBytesPerSecond) : '–'}</td>
      <td class="numbers">{traffic ? moved(traffic.receivedBytes, traffic.receivedBytesPerSecond) : '–'}</td>
      <td class="numbers">{version ?? '–'}</td>
      <td>{page ? <a href={page}>{new URL(page).host}</a> : '–'}</td>
    </tr>
  );
}

function moved(bytes: number, perSecond: number): string {
  if (perSecond === 0) return formatSize(bytes);
  return t('{size}, {speed}/s', { size: formatSize(bytes), speed: formatSize(perSecond) });
}

function Picture({ devices, topology }: { devices: readonly DeviceView[]; topology: TopologyView }) {
  const spots = spotsOf(devices.map(({ id }) => id));
  const lines = linesOf(topology.devices);
  const at = (id: string) => spots.find(({ deviceId }) => deviceId === id);
  return (
    <div class="topology" aria-hidden="true">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {lines.map(({ from, to, rttMs }) => {
          const [a, b] = [at(from), at(to)];
          if (!a || !b) return null;
          return (
            <line
              key={`${from}${to}`}
              class={rttMs > slowMs ? 'slow' : ''}
              x1={a.x}
              y1={a.y}
              x2={b.x}
              y2={b.y}
              vector-effect="non-scaling-stroke"
            />
          );
        })}
      </svg>
      {spots.map(({ deviceId, x, y }) => {
        const device = devices.find(({ id }) => id === deviceId);
        return (
          <span
            key={deviceId}
            class={`spot ${device?.online ? 'online' : ''}`}
            style={{ insetInlineStart: `${x}%`, insetBlockStart: `${y}%` }}
          >
            {device?.name}
          </span>
        );
      })}
    </div>
  );
}

/** A line is drawn dashed from this round trip on: farther than a local network. */
const slowMs = 50;
