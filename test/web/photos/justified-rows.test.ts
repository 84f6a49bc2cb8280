import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  firstBelow,
  layoutOf,
  ratiosOf,
  rowOf,
  rowsBetween,
  sectionOf,
} from '../../../web/client/photos/justified-rows.ts';

const wish = { width: 1000, rowHeight: 200, gap: 4, headHeight: 50, footHeight: 20 };

describe('justified rows', () => {
  it('fill the width, keep the order, overlap nowhere and are no higher than wished', () => {
    const ratio = fc.double({ min: 0.01, max: 10, noNaN: true });
    const sections = fc.array(fc.array(ratio, { maxLength: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(sections, fc.integer({ min: 300, max: 2600 }), (given, width) => {
        const layout = layoutOf(
          given.map((ratios, at) => ({ key: `${at}`, ratios: Float32Array.from(ratios) })),
          { ...wish, width },
        );
        let next = 0;
        let bottom = 0;
        for (const [index, { top, height, start, end }] of layout.rows.entries()) {
          assert.equal(start, next);
          assert.ok(end > start && top >= bottom && height > 0 && height <= wish.rowHeight);
          const right = (layout.lefts[end - 1] ?? 0) + (layout.widths[end - 1] ?? 0);
          const section = sectionOf(layout, start);
          assert.ok(right <= width + 0.5);
          // Only the last row of a section may be shorter than the page is wide.
          if (end !== section?.end)
            assert.ok(Math.abs(right - width) < 0.5, `row ${index}: ${right} of ${width}`);
          for (let at = start + 1; at < end; at += 1) {
            const before = (layout.lefts[at - 1] ?? 0) + (layout.widths[at - 1] ?? 0);
            assert.ok((layout.lefts[at] ?? 0) >= before + wish.gap - 0.5);
          }
          next = end;
          bottom = top + height;
        }
        assert.equal(next, given.flat().length);
        assert.ok(layout.height >= bottom);
      }),
    );
  });

  it('are found by what is in sight, and by a picture', () => {
    const ratios = Float32Array.from({ length: 1000 }, () => 1.5);
    const layout = layoutOf(
      [
        { key: 'a', ratios },
        { key: 'b', ratios },
      ],
      wish,
    );
    const { start, end } = rowsBetween(layout, 5000, 6000);
    assert.ok(end > start);
    for (const [at, { top, height }] of layout.rows.entries()) {
      assert.equal(at >= start && at < end, top + height > 5000 && top < 6000, `row ${at}`);
    }
    assert.deepEqual(rowsBetween(layout, layout.height + 1, layout.height + 100), {
      start: layout.rows.length,
      end: layout.rows.length,
    });
    const row = rowOf(layout, 1234);
    assert.ok(row && row.start <= 1234 && row.end > 1234);
    assert.equal(sectionOf(layout, 999)?.key, 'a');
    assert.equal(sectionOf(layout, 1000)?.key, 'b');
    assert.equal(
      firstBelow([], 5, () => 0),
      0,
    );
  });

  it('are laid out from one byte a picture', () => {
    assert.deepEqual(
      [...ratiosOf(Buffer.from([50, 75, 255]).toString('base64'))].map((ratio) => Math.round(ratio * 100)),
      [100, 150, 510],
    );
  });
});
