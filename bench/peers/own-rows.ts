/** What only peerstor does: answers when other devices have copies, and many uploads at once. Beside `one device alone` of the same run. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceProcess } from '../../test/cluster/device-process.ts';
import { withDevices } from '../devices.ts';
import { cpuSeconds, median, memoryMiB, type Row, seconds } from '../measure.ts';
import { httpCalls } from './http-peer.ts';

export interface Source {
  /** A file of random bytes, a different one for each number. */
  fileOf(number: number): Promise<string>;
  mib: number;
  rounds: number;
  /** MiB/s of an upload that one device alone accepts. */
  aloneRate: number;
}

/** Uploads that are answered at a level of safety by so many devices on this machine. */
export async function copyRows(level: 'safe' | 'full', count: number, source: Source): Promise<Row[]> {
  const { mib, rounds, aloneRate, fileOf } = source;
  return await withDevices({ count }, async ({ devices, folder }) => {
    const [gateway] = devices as [DeviceProcess, ...DeviceProcess[]];
    const { up } = callsOf(gateway, join(folder, 'curl'));
    const used = () => Promise.all(devices.map(({ pid }) => cpuSeconds(pid)));
    const [took, cpu]: [number[], number[][]] = [[], []];
    // The first one meets cold code and connections.
    await up(await fileOf(0), `path/warm.bin?copies=${level}&wait=3600`);
    for (let round = 1; round <= rounds; round += 1) {
      const file = await fileOf(round);
      const before = await used();
      took.push(await seconds(() => up(file, `path/${round}.bin?copies=${level}&wait=3600`)));
      cpu.push((await used()).map((after, at) => ((after - (before[at] ?? 0)) * 1024) / mib));
      await rm(file);
    }
    const rate = mib / median(took);
    const ofDevice = (at: number) => median(cpu.map((round) => round[at] ?? 0));
    const all = median(cpu.map((round) => round.reduce((sum, one) => sum + one, 0)));
    const peaks = await Promise.all(devices.map(async ({ pid }) => (await memoryMiB(pid)).peak));
    const aim = level === 'safe' ? 'receiver ≤ 4' : '≤ 14 over all';
    return [
      {
        what: `upload of ${mib} MiB at ${level}, ${count} devices on this machine`,
        value: `${rate.toFixed(0)} MiB/s`,
        ratio: `${(rate / aloneRate).toFixed(2)} of accepted alone`,
        aim: level === 'safe' ? '≥ 0.5' : '≥ 0.35',
      },
      {
        what: '  CPU s/GiB: the one that is asked, the others',
        value: devices.map((_, at) => ofDevice(at).toFixed(2)).join(', '),
        ratio: `${all.toFixed(1)} over all`,
        aim,
      },
      { what: '  memory at most', value: `${peaks.join(', ')} MiB` },
    ];
  });
}

/** 16 uploads of 64 MiB by 16 clients. */
export async function manyUploadsRows(source: Source): Promise<Row[]> {
  const [count, rounds] = [16, source.rounds];
  const mib = Math.max(1, Math.round(source.mib / count));
  return await withDevices({ count: 1, tune: { safeWaitMs: 0 } }, async ({ devices, folder }) => {
    const [device] = devices as [DeviceProcess];
    const scratch = await mkdtemp(join(folder, 'parts-'));
    const { up } = callsOf(device, join(folder, 'curl'));
    const [one, many]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      const whole = await source.fileOf(100 + round);
      const parts = await split(whole, scratch, count);
      const oneS = await seconds(() => up(whole, `path/whole-${round}.bin`));
      const manyS = await seconds(async () => {
        await Promise.all(
          parts.map((part, at) => up(part, `path/part-${round}-${at}.bin?onConflict=rename`)),
        );
      });
      // The first one meets cold code.
      if (round > 0) {
        one.push(oneS);
        many.push(manyS);
      }
      await rm(whole);
      for (const part of parts) await rm(part);
    }
    const { peak } = await memoryMiB(device.pid);
    return [
      {
        what: `${count} uploads of ${mib} MiB at once, together`,
        value: `${((mib * count) / median(many)).toFixed(0)} MiB/s`,
        ratio: `${(median(one) / median(many)).toFixed(2)} of one upload of as much`,
        aim: '≥ 0.9',
      },
      { what: '  memory at most', value: `${peak} MiB`, aim: '≤ 350 MiB' },
    ];
  });
}

function callsOf(device: DeviceProcess, scratch: string): ReturnType<typeof httpCalls> {
  const headers = Object.entries(device.session ?? {}).map(([name, value]) => `${name}: ${value}`);
  return httpCalls({ base: `http://${device.address}/api/v1/`, headers, scratch });
}

/** The bytes of a file in so many files, each with other bytes in front, so that none is in the store already. */
async function split(file: string, folder: string, count: number): Promise<string[]> {
  const { open } = await import('node:fs/promises');
  const source = await open(file);
  try {
    const { size } = await source.stat();
    const bytes = Math.floor(size / count);
    const paths: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const part = Buffer.allocUnsafe(bytes);
      await source.read(part, 0, bytes, at * bytes);
      // Other bytes everywhere: what was cut before would be found again.
      for (let index = 0; index < bytes; index += 1) part[index] = (part[index] ?? 0) ^ 0xa5;
      const path = join(folder, `part-${at}`);
      await writeFile(path, part);
      paths.push(path);
    }
    return paths;
  } finally {
    await source.close();
  }
}
