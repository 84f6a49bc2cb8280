/** Comma-separated values (RFC 4180) that a spreadsheet opens. */

/** A cell that begins so is a formula to a spreadsheet; what a stranger typed must not become one. */
const formulaStart = /^[=+\-@\t\r]/;

export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(text: string): string {
  const harmless = formulaStart.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
