/**
 * The header that names a download (RFC 6266): a plain fallback that every client reads, and the
 * real name as RFC 8187 `filename*` where the two differ.
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/gu, '_').replace(/["\\%]/g, '_');
  const header = `${kind}; filename="${plain}"`;
  return plain === name ? header : `${header}; filename*=UTF-8''${extendedValue(name)}`;
}

/** Percent-encodes all but the attr-char of RFC 8187 section 3.2.1. */
function extendedValue(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
