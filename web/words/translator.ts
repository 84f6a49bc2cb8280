/** Translates whole sentences that a device made: it speaks English, and fills in names and numbers. */

/**
 * @param table English sentences with `{name}` where something is filled in, to those of another language
 * @returns a translation, or undefined for a sentence that the table does not have
 */
export function translator(
  table: Readonly<Record<string, string>>,
): (sentence: string) => string | undefined {
  const entries = Object.entries(table).map(([english, other]) => {
    const [first = '', ...rest] = english.split(/\{([^}]*)\}/);
    const names = rest.filter((_, index) => index % 2 === 0);
    const texts = [first, ...rest.filter((_, index) => index % 2 === 1)];
    return { pattern: new RegExp(`^${texts.map(escaped).join('(.+?)')}$`, 'su'), names, other };
  });
  return (sentence) => {
    for (const { pattern, names, other } of entries) {
      const found = pattern.exec(sentence);
      if (!found) continue;
      return other.replace(/\{([^}]*)\}/g, (_, name) => found[names.indexOf(name) + 1] ?? '');
    }
    return undefined;
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
