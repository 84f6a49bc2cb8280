/** pair, join, status, devices. */
import { renderUnicodeCompact } from 'uqr';
import type { DeviceView, HealthzView, Page, PairingView } from '../../model/api.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import {
  formatSize,
  formatTime,
  printDrawing,
  printJson,
  printLine,
  printTable,
} from '../terminal/output.ts';
import { terminal } from '../terminal/terminal.ts';

export async function pair(options: GlobalOptions & { storageOnly?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const pairing = await client.json<PairingView>('/api/v1/pairing', {
    method: 'POST',
    json: options.storageOnly ? { storageOnly: true } : {},
  });
  if (options.json) return printJson({ code: pairing.code, expiresAt: pairing.expiresAt, url: client.url });
  const shown = `${pairing.code.slice(0, 4)} ${pairing.code.slice(4)}`;
  printLine(`Pairing code: ${shown}   (until ${formatTime(pairing.expiresAt).slice(11)})`);
  printLine();
  printLine(`On the new device:  peerstor join ${pairing.code}`);
  printLine(
    `If it is not found automatically, add  --peer HOST:PORT  with the address of this device's page.`,
  );
  if (terminal().stdout.isTTY) printDrawing(`\n${renderUnicodeCompact(pairing.code)}`);
}

export async function join(
  code: string,
  options: GlobalOptions & { peer?: string[]; storageOnly?: boolean },
): Promise<void> {
  const client = await Client.connect(options);
  const address = options.peer?.[0];
  const joined = await client.json<{ networkId: string }>('/api/v1/pairing/join', {
    method: 'POST',
    as: 'local',
    json: {
      code,
      ...(address === undefined ? {} : { address }),
      ...(options.storageOnly ? { storageOnly: true } : {}),
    },
  });
  if (options.json) return printJson(joined);
  printLine(
    options.storageOnly
      ? 'This device has joined the network and stores copies for the others.'
      : 'This device has joined the network. Its page shows the same drive: sign in with your password.',
  );
}

export async function status(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const healthz = await client.json<HealthzView>('/healthz', { as: 'none' });
  if (options.json) return printJson({ ...healthz, url: client.url });
  printLine(`${healthz.deviceName} is running at ${client.url}`);
  printLine(`device   ${healthz.deviceId}`);
  printLine(
    `network  ${healthz.networkId ?? 'none yet: "peerstor setup" makes one, "peerstor join" joins one'}`,
  );
  for (const address of healthz.p2p) printLine(`p2p      ${address}`);
}

export async function devices(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const page = await client.json<Page<DeviceView>>('/api/v1/devices');
  if (options.json) return printJson(page);
  printTable(
    ['NAME', 'STATE', 'CLASS', 'USED', 'LENDS', 'ID'],
    page.items.map((device) => [
      device.self ? `${device.name} (here)` : device.name,
      device.state !== 'active'
        ? device.state
        : device.online
          ? 'online'
          : `off since ${formatTime(device.lastSeen) || '?'}`,
      device.class,
      device.usedBytes === null ? '?' : formatSize(device.usedBytes),
      formatSize(device.capacityBytes),
      device.id.slice(0, 8),
    ]),
  );
}
