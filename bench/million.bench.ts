/**
 * A device with very many chunks: how soon it serves after a clean stop and after a kill, and its memory.
 *
 *   npm run bench -- --only million [--chunks 1000000] [--rounds 3] [--dir DIR]
 *
 * The chunks have 4 KiB and are put by the store itself into the home of a real device that is stopped meanwhile: some
 * minutes and 4.5 GB for a million.
 */
import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../src/crypto/index.ts';
import { withPrefix } from '../src/model/contracts/ordered-store.ts';
import { chunkId, deviceId, toHex } from '../src/model/ids.ts';
import { DiskChunkStore, LevelStore } from '../src/store/index.ts';
import { DeviceProcess } from '../test/cluster/device-process.ts';
import { machine, median, memoryMiB, numberFlag, printRows, seconds, textFlag } from './measure.ts';

const chunks = numberFlag('chunks', 1_000_000);
const rounds = numberFlag('rounds', 3);
const chunkBytes = 4096;
const putsAtOnce = 256;
/** A device that has just started still looks through what it has. */
const settleMs = 60_000;

/** Puts random chunks into the volume of a device that is stopped. */
async function fill(home: string, device: string): Promise<void> {
  const index = await LevelStore.open(join(home, 'db', 'index'));
  const volumes = [{ path: join(home, 'volume'), limitBytes: 2 ** 40, owned: true }];
  const store = new DiskChunkStore({
    volumes,
    index: withPrefix(index, 'chunks/'),
    device: deviceId(device),
  });
  await store.start();
  let left = chunks;
  const putter = async () => {
    const bytes = new Uint8Array(chunkBytes);
    for (; left > 0; ) {
      left -= 1;
      randomFillSync(bytes);
      await store.put(chunkId(toHex(sha256(bytes))), bytes, { trusted: true });
    }
  };
  await Promise.all(Array.from({ length: putsAtOnce }, putter));
  await store.stop();
  await index.close();
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(textFlag('dir') ?? tmpdir(), 'peerstor-bench-'));
  console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
  const device = await DeviceProcess.start({
    name: 'bench',
    home: join(folder, 'home'),
    args: ['--p2p-port', '0'],
  });
  try {
    await device.setup();
    await device.stop();
    console.log(
      `${chunks} chunks put in ${(await seconds(() => fill(device.home, device.ready.deviceId))).toFixed(0)} s`,
    );
    // The first start finds out what the store put behind the device's back.
    await device.start();
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const took = { clean: [] as number[], killed: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      await device.stop();
      took.clean.push(await seconds(() => device.start()));
      await device.stop('SIGKILL');
      took.killed.push(await seconds(() => device.start()));
    }
    // What a kill left to be compared is compared now; a stop in between would leave it to the next start.
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const busy = await memoryMiB(device.pid);
    await device.stop();
    await device.start();
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const idle = await memoryMiB(device.pid);
    printRows(`${chunks} chunks of 4 KiB`, [
      { what: 'start after a clean stop', value: `${median(took.clean).toFixed(1)} s`, aim: '≤ 2 s' },
      { what: 'start after kill -9', value: `${median(took.killed).toFixed(1)} s`, aim: '≤ 10 s' },
      { what: 'memory in the minute after the latter, at most', value: `${busy.peak} MiB` },
      { what: 'memory, a minute after a clean start', value: `${idle.now} MiB`, aim: '≤ 150 MiB' },
    ]);
    console.log(`load ${loadavg()[0]?.toFixed(1)} after the run`);
  } finally {
    await device.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
