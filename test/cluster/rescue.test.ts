import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { type DeviceProcess, password, randomStream, startThree } from './device-process.ts';

const bin = new URL('../../bin/peerstor.js', import.meta.url).pathname;
const MiB = 1024 * 1024;

async function rescue(volumes: string[], to: string, words: string): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [bin, 'rescue', ...volumes, '--to', to, '--words-stdin']);
  child.stdin.end(words);
  let said = '';
  child.stdout.on('data', (piece) => {
    said += piece;
  });
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  const code = await new Promise<number>((resolve) => child.on('close', resolve));
  return { code, said };
}

describe('rescue after all devices are gone', { timeout: 300_000 }, () => {
  it('gives every file back from two of three volumes and the words, although the devices were killed', async () => {
    const devices = await startThree({ catalogJournalMs: 100 });
    const to = await mkdtemp(join(tmpdir(), 'peerstor-rescued-'));
    try {
      const [a, b, c] = devices as [DeviceProcess, DeviceProcess, DeviceProcess];
      const { recoveryCode } = await a.must<{ recoveryCode: string }>('POST', '/api/v1/auth/recovery-code', {
        json: { password },
      });
      await a.put('/films/big.bin', randomStream(5 * MiB, 'rescue'), '?copies=full&wait=60');
      for (let n = 0; n < 20; n += 1)
        await b.put(`/notes/${n}.txt`, Buffer.from(`note ${n} `.repeat(n * 50)));
      await until('every file has three copies', async () => {
        const { byCopies } = (await a.health()).chunks;
        return (
          Object.entries(byCopies).every(([n, chunks]) => n === '3' || chunks === 0) ||
          JSON.stringify(byCopies)
        );
      });
      const volumes = devices.map(({ home }) => join(home, 'volume'));
      const saved = async (folder: string) => {
        const to = await mkdtemp(join(tmpdir(), 'peerstor-rescued-'));
        const { said } = await rescue([folder], to, recoveryCode);
        await rm(to, { recursive: true, force: true });
        return said.includes('/notes/19.txt') && said.includes('/films/big.bin') ? true : said.slice(-500);
      };
      for (const volume of volumes) await until(`${volume} has the last record`, () => saved(volume));
      for (const device of devices) await device.stop('SIGKILL');
      await rm(c.home, { recursive: true, force: true });
      const { code, said } = await rescue(volumes.slice(0, 2), to, recoveryCode);
      assert.equal(code, 0, said);
      const big = createHash('sha256');
      for await (const piece of randomStream(5 * MiB, 'rescue')) big.update(piece);
      const got = createHash('sha256').update(await readFile(join(to, 'films/big.bin')));
      assert.equal(got.digest('hex'), big.digest('hex'));
      assert.equal((await readdir(join(to, 'notes'))).length, 20);
      for (let n = 0; n < 20; n += 1)
        assert.equal(await readFile(join(to, `notes/${n}.txt`), 'utf8'), `note ${n} `.repeat(n * 50));
    } finally {
      await Promise.all(devices.map((device) => device.remove()));
      await rm(to, { recursive: true, force: true });
    }
  });
});
