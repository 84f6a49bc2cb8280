/** peerstor as one of the compared programs: one device that waits for no other. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DeviceProcess } from '../../test/cluster/device-process.ts';
import { httpCalls } from './http-peer.ts';
import { curlAll, type Peer, treeCpuSeconds } from './peer.ts';

export async function startDevicePeer(folder: string): Promise<Peer & { device: DeviceProcess }> {
  await mkdir(folder, { recursive: true });
  const device = await DeviceProcess.start({
    name: 'bench',
    home: join(folder, 'home'),
    args: ['--p2p-port', '0'],
    tune: { safeWaitMs: 0 },
  });
  await device.setup();
  const headers = Object.entries(device.session ?? {}).map(([name, value]) => `${name}: ${value}`);
  const scratch = join(folder, 'curl');
  const calls = httpCalls({ base: `http://${device.address}/api/v1/`, headers, scratch });
  const contentOf = (id: string) => `entries/${id}/content`;
  return {
    name: 'peerstor',
    device,
    up: (file, path) => calls.up(file, `path/${path}`),
    down: async (path) => calls.down(contentOf((await device.entryAt(`/${path}`)).id)),
    upFolders: (folders, path) => calls.upFolders(folders, `path/${path}`),
    // Content is named by the id of its entry: each connection's folder is listed first, which counts.
    async downFolders(folders, path, into) {
      const configs = folders.map(async (folder) => {
        const { id } = await device.entryAt(`/${path}/${basename(folder)}`);
        const entries = await device.children(id);
        return [
          ...headers.map((header) => `header = "${header}"`),
          ...entries.flatMap((entry) => [
            `url = "http://${device.address}/api/v1/${contentOf(entry.id)}"`,
            `output = "${join(into, `${basename(folder)}-${entry.name}`)}"`,
          ]),
        ];
      });
      await curlAll(await Promise.all(configs), scratch);
    },
    // It answers when the bytes are on disk; what was stored stays, as deleting is not what is measured.
    sync: async () => undefined,
    forget: async () => undefined,
    cpu: () => treeCpuSeconds(device.pid),
    stop: () => device.remove(),
  };
}
