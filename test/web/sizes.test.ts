/** What people type into the fields of sizes, hours and folders, as the device gets it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { VolumeView } from '../../src/model/api.ts';
import { scheduleFrom, volumesWith } from '../../web/client/words/own-device.ts';
import { bytesFrom, textOf } from '../../web/client/words/sizes.ts';

describe('a size that is typed', () => {
  it('is taken with a dot or a comma, and nothing for no limit', () => {
    assert.deepEqual(
      ['2.5', ' 2,5 ', '250', '0', ''].map((text) => bytesFrom(text, 'GB')),
      [2.5e9, 2.5e9, 250e9, 0, null],
    );
    assert.equal(bytesFrom('0.2', 'MB'), 200_000);
  });

  it('is refused where it is no number: it must not become "no limit"', () => {
    for (const text of ['a lot', '-1', '1e3', '0x10', '1 000', '1.2.3', 'Infinity', 'NaN', '.']) {
      assert.throws(() => bytesFrom(text, 'MB'), /is not a number of MB: write one such as/);
    }
  });

  it('comes back from what is shown, but for what four digits leave out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 10 ** 15 }), (bytes) => {
        const again = bytesFrom(textOf(bytes, 'GB'), 'GB') ?? 0;
        assert.ok(Math.abs(again - bytes) <= bytes / 1000);
      }),
    );
    assert.equal(textOf(null, 'GB'), '');
  });
});

describe('hours that are typed', () => {
  it('are both or neither', () => {
    assert.equal(scheduleFrom('', ''), null);
    assert.deepEqual(scheduleFrom('08:00', '22:30'), { from: '08:00', to: '22:30' });
    assert.throws(() => scheduleFrom('08:00', ''), /Enter both times/);
  });
});

describe('a wish for one folder', () => {
  const volume = (path: string): VolumeView => ({ path, limitBytes: 1, usedBytes: 0, state: 'ok' });
  const now = [volume('/a'), volume('/b')];

  it('leaves the others as they are', () => {
    assert.deepEqual(volumesWith(now, '/b', { limitBytes: 2 }), [
      { path: '/a' },
      { path: '/b', limitBytes: 2 },
    ]);
    assert.deepEqual(volumesWith(now, '/c', {}), [{ path: '/a' }, { path: '/b' }, { path: '/c' }]);
    assert.deepEqual(volumesWith(now, '/a', null), [{ path: '/b' }]);
  });
});
