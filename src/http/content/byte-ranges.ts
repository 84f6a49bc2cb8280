import { rangesMax } from '../limits/http-limits.ts';

/** Bytes [start, end). */
export interface ByteRange {
  start: number;
  end: number;
}

export type RangeAnswer =
  | { kind: 'whole' }
  | { kind: 'part'; ranges: [ByteRange, ...ByteRange[]] }
  | { kind: 'unsatisfiable' };

/**
 * Reads the header Range against content of `size` bytes (RFC 9110 section 14.1.2). What is
 * malformed, in another unit, or asks for more bytes than there are (many overlapping ranges), is
 * ignored, as the RFC allows: the whole content is sent. So is any range of empty content, which
 * some players ask for.
 */
export function parseRanges(header: string | undefined, size: number): RangeAnswer {
  const list = /^\s*bytes\s*=(.*)$/i.exec(header ?? '')?.[1];
  if (list === undefined || size === 0) return { kind: 'whole' };
  const specs = list.split(',').map((spec) => spec.trim());
  if (specs.length > rangesMax || specs.every((spec) => spec === '')) return { kind: 'whole' };
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    if (spec === '') continue;
    const range = parseRange(spec, size);
    if (range === undefined) return { kind: 'whole' };
    if (range.start < range.end) ranges.push(range);
  }
  const [first, ...rest] = ranges;
  if (first === undefined) return { kind: 'unsatisfiable' };
  const asked = ranges.reduce((sum, range) => sum + range.end - range.start, 0);
  return rest.length > 0 && asked > size ? { kind: 'whole' } : { kind: 'part', ranges: [first, ...rest] };
}

/** An empty range where it cannot be satisfied; undefined where it is malformed. */
function parseRange(spec: string, size: number): ByteRange | undefined {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (match === null || spec === '-') return undefined;
  const [, from = '', to = ''] = match;
  if (from === '') return { start: Math.max(0, size - Number(to)), end: size };
  const start = Number(from);
  if (to !== '' && Number(to) < start) return undefined;
  return { start, end: Math.max(start, to === '' ? size : Math.min(size, Number(to) + 1)) };
}

/** Value of Content-Range for one range. */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}
