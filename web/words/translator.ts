/** Translates whole sentences that a device made: it speaks English, and fills in names and numbers. */

/** Between two sentences. */
const betweenSentences = /(?<=\.) (?=[\p{Lu}\d])/u;

/**
 * @param table English sentences with `{name}` where something is filled in, to those of another language. What is
 *   filled in for `{why}` is a sentence of a device itself.
 * @returns a translation of one sentence or of several in a row, or undefined where the table lacks one of them
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
  const one = (sentence: string): string | undefined => {
    for (const { pattern, names, other } of entries) {
      const found = pattern.exec(sentence);
      if (!found) continue;
      return other.replace(/\{([^}]*)\}/g, (_, name) => {
        const filledIn = found[names.indexOf(name) + 1] ?? '';
        return name === 'why' ? (translate(filledIn) ?? filledIn) : filledIn;
      });
    }
    return undefined;
  };
  const translate = (said: string): string | undefined => {
    const whole = one(said);
    if (whole !== undefined) return whole;
    const sentences = said.split(betweenSentences);
    if (sentences.length === 1) return undefined;
    const translated = sentences.map(one);
    return translated.includes(undefined) ? undefined : translated.join(' ');
  };
  return translate;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
