import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HomeFreeSpace } from '../../../src/node/home/home-free-space.ts';

const MiB = 1024 * 1024;

describe('the room that the home needs', () => {
  it('the free space kept for the home is 64 MiB, or a tenth of a tiny disk, as the disk is at each change', () => {
    let disk = { freeBytes: 64 * MiB, totalBytes: 100_000 * MiB };
    const room = new HomeFreeSpace('/home', () => disk);
    room.mustHave();
    disk = { ...disk, freeBytes: 63 * MiB };
    assert.throws(() => room.mustHave(), { code: 'disk-full' });
    disk = { freeBytes: 10 * MiB, totalBytes: 100 * MiB };
    room.mustHave();
  });
});
