/**
 * A set of holders as a binary string: one bit for each device number, no trailing zero bytes. It is the value
 * of an inventory row. Equal sets are equal strings, so it is also the key that groups chunks with the same
 * holders. '' is the empty set.
 */
export type HolderMask = string;

export const noHolders: HolderMask = '';

export function holds(mask: HolderMask, number: number): boolean {
  return ((mask.charCodeAt(number >> 3) || 0) & (1 << (number & 7))) !== 0;
}

/** Returns the set with device `number` added or removed. */
export function withHolder(mask: HolderMask, number: number, present: boolean): HolderMask {
  const bytes = Buffer.alloc(Math.max(mask.length, (number >> 3) + 1));
  bytes.write(mask, 'latin1');
  const bit = 1 << (number & 7);
  const at = number >> 3;
  const byte = bytes[at] ?? 0;
  bytes[at] = present ? byte | bit : byte & ~bit;
  return trimmed(bytes.toString('latin1'));
}

/** Device numbers in the set, ascending. */
export function numbersOf(mask: HolderMask): number[] {
  const numbers: number[] = [];
  for (let number = 0; number < mask.length * 8; number++) if (holds(mask, number)) numbers.push(number);
  return numbers;
}

/** Returns how many of `others` are in the set. */
export function countShared(mask: HolderMask, others: HolderMask): number {
  let count = 0;
  for (let at = Math.min(mask.length, others.length) - 1; at >= 0; at--) {
    let byte = mask.charCodeAt(at) & others.charCodeAt(at);
    for (; byte !== 0; byte &= byte - 1) count++;
  }
  return count;
}

function trimmed(mask: string): HolderMask {
  let length = mask.length;
  while (length > 0 && mask.charCodeAt(length - 1) === 0) length--;
  return mask.slice(0, length);
}
