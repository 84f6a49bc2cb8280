/**
 * Recovery words between the moment the account is made and the moment the person has confirmed them.
 * They are in this tab's session storage alone: a reload keeps them, closing the tab ends them.
 */

const key = 'peerstor.recovery-words';

export interface KeptWords {
  words: string;
  /** Of the first account of a network. */
  isFirst: boolean;
}

export function keepWords(userId: string, kept: KeptWords): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ userId, ...kept }));
  } catch {
    // Storage is off in this browser: the words are on the page as long as it is open.
  }
}

/** Those of this user that were not confirmed yet. */
export function keptWords(userId: string): KeptWords | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? 'null') as {
      userId?: string;
      words?: string;
      isFirst?: boolean;
    } | null;
    if (kept?.userId !== userId || kept.words === undefined) return undefined;
    return { words: kept.words, isFirst: kept.isFirst === true };
  } catch {
    return undefined;
  }
}

export function forgetWords(): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // as above
  }
}

/** Three different places of the words, from 0, in order; `random` gives a whole number below its argument. */
export function placesToAsk(count: number, random: (below: number) => number = randomBelow): number[] {
  const places = new Set<number>();
  while (places.size < Math.min(3, count)) places.add(random(count));
  return [...places].sort((a, b) => a - b);
}

function randomBelow(below: number): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  return number % below;
}

/** Whether what was typed is the word: case and space around it do not count. */
export function isWord(typed: string, word: string | undefined): boolean {
  return typed.trim().toLowerCase() === word?.toLowerCase();
}
