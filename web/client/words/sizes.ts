/** Sizes as people type them into a field with a unit, and back. */
import { t } from '../../words/words.ts';

const unitBytes = { GB: 1e9, MB: 1e6 } as const;
export type SizeUnit = keyof typeof unitBytes;

/**
 * "2.5" or "2,5" → bytes; nothing → null, no limit.
 * @throws Error with a sentence for what is no number: it must not pass for "no limit"
 */
export function bytesFrom(text: string, unit: SizeUnit): number | null {
  const typed = text.trim();
  if (typed === '') return null;
  if (/^\d+(?:[.,]\d+)?$/.test(typed)) return Math.round(Number(typed.replace(',', '.')) * unitBytes[unit]);
  throw new Error(t('“{typed}” is not a number of {unit}: write one such as 250 or 2.5.', { typed, unit }));
}

/** Bytes as a person would write them into that field. */
export function textOf(bytes: number | null, unit: SizeUnit): string {
  return bytes === null ? '' : String(Number((bytes / unitBytes[unit]).toPrecision(4)));
}
