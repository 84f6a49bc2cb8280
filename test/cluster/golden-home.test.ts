import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CommandLine } from '../cli/command-line.ts';
import { DeviceProcess } from './device-process.ts';

const golden = new URL('../golden/home-1/', import.meta.url).pathname;
const files = {
  '/folder/größe.txt': 'kept for ever',
  '/several.txt': 'chunk '.repeat(10_000),
};

async function copied(change: (config: string) => string = (text) => text): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'peerstor-golden-home-'));
  await cp(join(golden, 'home'), home, { recursive: true });
  const path = join(home, 'config.json');
  const config = (await readFile(path, 'utf8')).replaceAll('HOME', home);
  await writeFile(path, change(config));
  return home;
}

describe('a home of format 1', { timeout: 120_000 }, () => {
  it('starts, lets its user in and has every file, and its volume is rescued by the words', async () => {
    const home = await copied();
    const device = await DeviceProcess.start({ name: 'golden', home });
    try {
      assert.equal((await device.login()).status, 200);
      for (const [path, text] of Object.entries(files)) {
        const sha256 = createHash('sha256').update(text).digest('hex');
        assert.deepEqual(await device.hashAt(path), { sha256, size: Buffer.byteLength(text) }, path);
      }
      await device.put('/new.txt', Buffer.from('new'));
      await device.stop();
      const to = join(home, 'rescued');
      const stdin = await readFile(join(golden, 'words.txt'), 'utf8');
      const rescued = await CommandLine.runAlone(
        ['rescue', join(home, 'volume'), '--to', to, '--words-stdin'],
        { stdin },
      );
      assert.equal(rescued.code, 0, rescued.err);
      for (const [path, text] of Object.entries({ ...files, '/new.txt': 'new' }))
        assert.equal(await readFile(join(to, path), 'utf8'), text, path);
    } finally {
      await device.remove();
    }
  });

  it('is refused with a sentence and left as it is when a newer peerstor wrote it', async () => {
    const home = await copied((config) => config.replace('"format": 1', '"format": 2'));
    const before = await readFile(join(home, 'config.json'), 'utf8');
    const ran = await CommandLine.runAlone([
      'start',
      '--home',
      home,
      '--port',
      '0',
      '--p2p-port',
      '0',
      '--no-mdns',
    ]);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /was written by a newer peerstor \(format 2\)\. .*Update peerstor\./);
    assert.equal(await readFile(join(home, 'config.json'), 'utf8'), before);
    await rm(home, { recursive: true });
  });
});
