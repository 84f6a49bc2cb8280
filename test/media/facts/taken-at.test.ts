import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { takenAtOf, takenAtUtc } from '../../../src/media/facts/taken-at.ts';

const munich = { latitude: 48.137, longitude: 11.575 };
const kathmandu = { latitude: 27.717, longitude: 85.324 };

describe('the time of a picture', () => {
  it('keeps the local time of the camera, and has no zone where nothing tells one', () => {
    assert.deepEqual(takenAtOf({ local: '2026:07:14 15:03:22' }), {
      local: '2026-07-14T15:03:22',
      offsetMinutes: null,
    });
  });

  it('takes the zone that is written beside it before all others', () => {
    const times = {
      local: '2026:07:14 15:03:22',
      offset: '-03:30',
      gpsDate: '2026:07:14',
      gpsTime: [13, 3, 0],
    };
    assert.equal(takenAtOf({ ...times, place: munich })?.offsetMinutes, -210);
    assert.equal(takenAtOf({ ...times, offset: 'Z' })?.offsetMinutes, 0);
  });

  it('takes it from the satellites, whose time is UTC and some minutes old', () => {
    const times = { local: '2026:07:14 15:03:22', gpsDate: '2026:07:14', gpsTime: [12, 58, 30] };
    assert.equal(takenAtOf(times)?.offsetMinutes, 120);
    const acrossMidnight = { local: '2026:01:01 05:30:00', gpsDate: '2025:12:31', gpsTime: [23, 44, 59] };
    assert.equal(takenAtOf(acrossMidnight)?.offsetMinutes, 345);
  });

  it('takes it from the place, in summer and in winter', () => {
    assert.equal(takenAtOf({ local: '2026:07:14 15:03:22', place: munich })?.offsetMinutes, 120);
    assert.equal(takenAtOf({ local: '2026:01:14 15:03:22', place: munich })?.offsetMinutes, 60);
    assert.equal(takenAtOf({ local: '2026:01:14 15:03:22', place: kathmandu })?.offsetMinutes, 345);
    // The night in which the clocks go forward: 01:30 is winter time, 03:30 summer time.
    assert.equal(takenAtOf({ local: '2026:03:29 01:30:00', place: munich })?.offsetMinutes, 60);
    assert.equal(takenAtOf({ local: '2026:03:29 03:30:00', place: munich })?.offsetMinutes, 120);
  });

  it('is none where what is written is no date', () => {
    for (const local of [
      '0000:00:00 00:00:00',
      '2026:02:30 10:00:00',
      '2026:13:01 10:00:00',
      '    ',
      '',
      7,
      undefined,
    ]) {
      assert.equal(takenAtOf({ local }), undefined, String(local));
    }
  });

  it('ignores offsets and times of satellites that cannot be', () => {
    const local = '2026:07:14 15:03:22';
    for (const offset of ['+99:00', 'CEST', '', 5])
      assert.equal(takenAtOf({ local, offset })?.offsetMinutes, null);
    for (const gpsTime of [[99, 0, 0], ['a', 1, 2], [], 7]) {
      assert.equal(takenAtOf({ local, gpsDate: '2026:07:14', gpsTime })?.offsetMinutes, null);
    }
    assert.equal(takenAtOf({ local, gpsDate: '2020:07:14', gpsTime: [1, 1, 1] })?.offsetMinutes, null);
  });

  it('before 1970 and before there were zones is kept', () => {
    assert.equal(takenAtOf({ local: '1932:05:06 07:08:09' })?.local, '1932-05-06T07:08:09');
    assert.equal(takenAtOf({ local: '1932:05:06 07:08:09', place: munich })?.offsetMinutes, 60);
  });

  it('that is known in UTC is shown as the clocks at its place did', () => {
    const ms = Date.UTC(2026, 6, 14, 23, 3, 22);
    assert.deepEqual(takenAtUtc(ms, munich), { local: '2026-07-15T01:03:22', offsetMinutes: 120 });
    assert.deepEqual(takenAtUtc(ms, undefined), { local: '2026-07-14T23:03:22', offsetMinutes: 0 });
  });
});
