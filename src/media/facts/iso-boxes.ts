/** Boxes of ISO base media files (ISO/IEC 14496-12 section 4.2): films, and raw files of Canon. */

/** Length of the head of a box whose size has 64 bits, and of one whose size has 32. */
export const largeHeadBytes = 16;
export const headBytes = 8;
const depthMax = 8;

export interface Box {
  type: string;
  /** Of its content, after the head. */
  start: number;
  end: number;
}

/** @param head begins with the box. @param at where the box begins. @param limit where what is around it ends */
export function boxAt(head: Buffer, at: number, limit: number): Box | undefined {
  if (head.length < headBytes) return undefined;
  const short = head.readUInt32BE(0);
  const type = head.toString('latin1', 4, 8);
  if (short === 0) return { type, start: at + headBytes, end: limit };
  if (short !== 1) return short < headBytes ? undefined : { type, start: at + headBytes, end: at + short };
  if (head.length < largeHeadBytes) return undefined;
  const long = Number(head.readBigUInt64BE(8));
  return long < largeHeadBytes || !Number.isSafeInteger(long)
    ? undefined
    : { type, start: at + largeHeadBytes, end: at + long };
}

export function* boxesIn(bytes: Buffer, start: number, end: number): Iterable<Box> {
  for (let at = start; at + headBytes <= end; ) {
    const box = boxAt(bytes.subarray(at, Math.min(at + largeHeadBytes, end)), at, end);
    if (!box || box.end > end) return;
    yield box;
    at = box.end;
  }
}

/** The box at a path of types below others. */
export function boxBelow(bytes: Buffer, among: Iterable<Box>, path: readonly string[]): Box | undefined {
  let found: Box | undefined;
  let level = among;
  for (const type of path.slice(0, depthMax)) {
    found = undefined;
    for (const box of level) {
      if (box.type !== type) continue;
      found = box;
      break;
    }
    if (!found) return undefined;
    level = boxesIn(bytes, found.start, found.end);
  }
  return found;
}
