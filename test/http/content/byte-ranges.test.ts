import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { contentRange, parseRanges } from '../../../src/http/content/byte-ranges.ts';

const part = (...ranges: [number, number][]) => ({
  kind: 'part',
  ranges: ranges.map(([start, end]) => ({ start, end })),
});

describe('the header Range', () => {
  it('gives single, open, suffix and several ranges', () => {
    assert.deepEqual(parseRanges('bytes=0-0', 10), part([0, 1]));
    assert.deepEqual(parseRanges('bytes=2-5', 10), part([2, 6]));
    assert.deepEqual(parseRanges('bytes=7-', 10), part([7, 10]));
    assert.deepEqual(parseRanges('bytes=-3', 10), part([7, 10]));
    assert.deepEqual(parseRanges('Bytes = 0-1 , 4-5,-1', 10), part([0, 2], [4, 6], [9, 10]));
  });

  it('cuts what reaches beyond the end', () => {
    assert.deepEqual(parseRanges('bytes=5-99999999999999999999', 10), part([5, 10]));
    assert.deepEqual(parseRanges('bytes=-99', 10), part([0, 10]));
  });

  it('leaves out ranges that cannot be satisfied, and says so when none is left', () => {
    assert.deepEqual(parseRanges('bytes=0-1,10-', 10), part([0, 2]));
    assert.deepEqual(parseRanges('bytes=10-', 10), { kind: 'unsatisfiable' });
    assert.deepEqual(parseRanges('bytes=-0', 10), { kind: 'unsatisfiable' });
  });

  it('is ignored when it is malformed, in another unit, greedy, or for empty content', () => {
    const greedy = `bytes=${Array.from({ length: 40 }, (_, n) => `${n}-${n}`).join(',')}`;
    for (const header of [
      undefined,
      '',
      'bytes',
      'bytes=',
      'bytes= , ,',
      'bytes=-',
      'bytes=a-b',
      'bytes=5-2',
      'lines=0-1',
      greedy,
    ]) {
      assert.deepEqual(parseRanges(header, 100), { kind: 'whole' }, header);
    }
    assert.deepEqual(parseRanges('bytes=0-9,0-9', 10), { kind: 'whole' });
    assert.deepEqual(parseRanges('bytes=0-', 0), { kind: 'whole' });
  });

  it('never leaves the content, whatever is asked', () => {
    const header = fc
      .array(fc.stringMatching(/^\d{0,4}-?\d{0,4}$/), { minLength: 1, maxLength: 5 })
      .map((specs) => `bytes=${specs.join(',')}`);
    fc.assert(
      fc.property(header, fc.integer({ min: 0, max: 5000 }), (text, size) => {
        const answer = parseRanges(text, size);
        if (answer.kind !== 'part') return;
        for (const { start, end } of answer.ranges) assert.ok(0 <= start && start < end && end <= size);
      }),
    );
  });

  it('is answered with inclusive ends', () => {
    assert.equal(contentRange({ start: 0, end: 5 }, 10), 'bytes 0-4/10');
  });
});
