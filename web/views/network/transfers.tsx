import type { DeviceView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { barsOf, byDevice, type DayBar, dayNow } from '../../client/network/transfer-days.ts';
import { formatDay, formatSize } from '../../client/words/format.ts';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

const daysShown = 14;

/** What this device sent and got: bars by day, a table by device. */
export function Transfers({ devices }: { devices: readonly DeviceView[] }) {
  const { answer } = useQuery(async () => (await api.transfers(daysShown)).items);
  if (!answer || answer.length === 0) return null;
  const bars = barsOf(answer, daysShown, dayNow());
  const most = Math.max(1, ...bars.map(({ sentBytes, receivedBytes }) => sentBytes + receivedBytes));
  const nameOf = (id: string) => devices.find((device) => device.id === id)?.name ?? id.slice(0, 8);
  return (
    <section class="card padded" aria-labelledby="transfers">
      <h2 id="transfers">{t('Transfers of the last {count} days', { count: daysShown })}</h2>
      <table class="days">
        <caption class="muted">{t('Sent and received by this device, by day')}</caption>
        <tbody>
          {bars.map((bar) => (
            <DayRow key={bar.day} bar={bar} most={most} />
          ))}
        </tbody>
      </table>
      <table class="days">
        <caption class="muted">{t('By device')}</caption>
        <tbody>
          {byDevice(answer).map(({ deviceId, sentBytes, receivedBytes }) => (
            <tr key={deviceId}>
              <th scope="row">{nameOf(deviceId)}</th>
              <td class="numbers">{sentAndReceived(sentBytes, receivedBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function DayRow({ bar, most }: { bar: DayBar; most: number }) {
  const { day, sentBytes, receivedBytes } = bar;
  const width = (bytes: number) => (100 * bytes) / most;
  return (
    <tr>
      <th scope="row" class="numbers">
        {formatDay(day)}
      </th>
      <td class="chart">
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect class="bar" width={width(sentBytes)} height="10" />
          <rect class="bar received" x={width(sentBytes)} width={width(receivedBytes)} height="10" />
        </svg>
      </td>
      <td class="numbers">
        {sentBytes + receivedBytes === 0 ? '–' : sentAndReceived(sentBytes, receivedBytes)}
      </td>
    </tr>
  );
}

function sentAndReceived(sent: number, received: number): string {
  return t('{sent} sent, {received} received', { sent: formatSize(sent), received: formatSize(received) });
}
