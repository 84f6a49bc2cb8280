/**
 * When two names of one folder are equal. Pure: every device and every client gives the same answer.
 *
 * @returns the same text for equal names: Unicode NFC and lower case, so that a folder has no two names that
 * Windows or macOS could not hold side by side. Not Unicode's full case folding: that would make "Maße" and
 * "Masse" one word; only the two small sigmas are joined by hand.
 */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}
