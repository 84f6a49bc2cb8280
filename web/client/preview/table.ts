/** Tables in text: comma-separated values as RFC 4180 says, with any of the separators that programs write. */

export interface Table {
  /** Each as long as the longest one. */
  rows: string[][];
  /** There is more than is here. */
  isCut: boolean;
}

/** So much is shown; more would be slow to draw. */
const [rowsMax, columnsMax] = [1000, 100];
const separators = [',', ';', '\t', '|'] as const;
type Separator = (typeof separators)[number];

/** The first rows of a table. Never fails: what breaks the rules is text all the same. */
export function parseTable(text: string): Table {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const endField = () => {
    if (row.length < columnsMax) row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    // An empty line is no row.
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (; at < text.length && rows.length < rowsMax; at++) {
    const letter = text[at] ?? '';
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"' && field === '') quoted = true;
    else if (letter === separator) endField();
    else if (letter === '\n') endRow();
    else if (letter !== '\r') field += letter;
  }
  if (rows.length < rowsMax && (field !== '' || row.length > 0)) endRow();
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  for (const one of rows) while (one.length < width) one.push('');
  return { rows, isCut: at < text.length };
}

/** The one that the first lines have most of, outside of quotes. */
function separatorOf(text: string): Separator {
  const sample = text.slice(0, 10_000).replace(/"[^"]*"/g, '');
  const countOf = (separator: string) => sample.split(separator).length;
  return separators.reduce<Separator>(
    (best, one) => (countOf(one) > countOf(best) ? one : best),
    separators[0],
  );
}
