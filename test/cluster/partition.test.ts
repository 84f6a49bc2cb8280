/** Two disconnected real devices edit the same tree; once they are connected again, both show one drive. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { EntryView } from '../../src/model/api.ts';
import { freePort, Links } from '../chaos/links.ts';
import { until } from '../support/until.ts';
import { DeviceProcess, pair } from './device-process.ts';

const tune = {
  heartbeatMs: 300,
  peerSuspectMs: 900,
  peerDropMs: 1800,
  catalogDigestMs: 1000,
  safeWaitMs: 200,
};
const skip = process.platform === 'linux' ? false : 'finds who dials whom in /proc';
const text = (words: string) => Buffer.from(words);

describe('two devices apart', { skip, timeout: 600_000 }, () => {
  const devices: DeviceProcess[] = [];
  let links: Links;

  before(async () => {
    const ports = [await freePort(), await freePort()];
    links = await Links.open(ports, (index) => devices[index]?.pid ?? 0);
    for (const [index, port] of ports.entries()) {
      const args = ['--p2p-port', `${port}`, '--announce', links.announced(index)];
      devices.push(await DeviceProcess.start({ name: index === 0 ? 'here' : 'there', tune, args }));
    }
    const [here, there] = both();
    await here.setup();
    await pair(here, there);
    await until('the other can sign in', async () => (await there.login()).status === 200);
    await connected(true);
  });

  after(async () => {
    await Promise.all(devices.map((device) => device.remove()));
    await links?.close();
  });

  function both(): [DeviceProcess, DeviceProcess] {
    const [here, there] = devices;
    assert.ok(here && there);
    return [here, there];
  }

  async function connected(wanted: boolean): Promise<void> {
    await until(wanted ? 'they see each other' : 'they miss each other', async () => {
      for (const device of both()) {
        const { items } = await device.must<{ items: { online: boolean }[] }>('GET', '/api/v1/devices');
        if (items.every(({ online }) => online) !== wanted) return `${device.name}: ${JSON.stringify(items)}`;
      }
      return true;
    });
  }

  const move = async (device: DeviceProcess, path: string, change: { name?: string; parent?: string }) => {
    const { id } = await device.entryAt(path);
    const parentId = change.parent && (await device.entryAt(change.parent)).id;
    const json = { ...(change.name && { name: change.name }), ...(parentId && { parentId }) };
    await device.must('PATCH', `/api/v1/entries/${id}`, { json });
  };

  async function contents(device: DeviceProcess): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const walk = async (id: string, path: string): Promise<void> => {
      for (const entry of await device.children(id)) {
        const at = `${path}/${entry.name}`;
        found.set(at, entry.kind === 'folder' ? 'folder' : (await device.hashAt(at)).sha256);
        if (entry.kind === 'folder') await walk(entry.id, at);
      }
    };
    await walk((await device.must<EntryView>('GET', '/api/v1/entries/root')).id, '');
    return found;
  }

  it('keep both versions of what conflicts, and list the same drive', async () => {
    const [here, there] = both();
    const folder = (name: string) =>
      here.must('POST', '/api/v1/entries', { json: { parentId: 'root', name, kind: 'folder' } });
    for (const name of ['left', 'right']) await folder(name);
    for (const name of ['both edit', 'one edits, one deletes', 'one edits, one renames']) {
      await here.put(`/${name}.txt`, text(`${name}, at first`));
    }
    await until('the other has it all', async () => (await contents(there)).size === 5);

    for (const link of links.between(0, 1)) link.blackHole(true);
    await connected(false);
    await here.put('/both edit.txt', text('edited here'));
    await there.put('/both edit.txt', text('edited there'));
    await here.put('/new.txt', text('new here'));
    await there.put('/new.txt', text('new there'));
    await here.put('/one edits, one deletes.txt', text('edited while it was deleted'));
    const doomed = await there.entryAt('/one edits, one deletes.txt');
    await there.must('DELETE', `/api/v1/entries/${doomed.id}?permanent=true`);
    await here.put('/one edits, one renames.txt', text('edited while it was renamed'));
    await move(there, '/one edits, one renames.txt', { name: 'renamed.txt' });
    await move(here, '/left', { parent: '/right' });
    await move(there, '/right', { parent: '/left' });
    for (const link of links.between(0, 1)) link.blackHole(false);
    await connected(true);

    let drive = new Map<string, string>();
    await until('both list the same drive', async () => {
      const [ours, theirs] = [await contents(here), await contents(there)];
      drive = ours;
      const shown = (contents: Map<string, string>) => JSON.stringify([...contents].sort());
      return shown(ours) === shown(theirs) || `${shown(ours)} and ${shown(theirs)}`;
    });
    const hashes = [...drive.values()];
    for (const words of [
      'edited here',
      'edited there',
      'new here',
      'new there',
      'edited while it was deleted',
      'edited while it was renamed',
    ]) {
      const hash = createHash('sha256').update(words).digest('hex');
      const times = hashes.filter((one) => one === hash).length;
      assert.equal(times, 1, `"${words}" is there ${times} times: ${[...drive.keys()].join(', ')}`);
    }
    assert.ok(drive.has('/renamed.txt'), 'the new name stays');
    const folders = [...drive].filter(([, is]) => is === 'folder').map(([path]) => path);
    assert.equal(folders.length, 2, `both folders are there once: ${folders.join(', ')}`);
    const conflict = [...drive.keys()].filter((path) =>
      /^\/both edit \(conflict (here|there) .+\)\.txt$/.test(path),
    );
    assert.equal(conflict.length, 1, [...drive.keys()].join(', '));
  });
});
