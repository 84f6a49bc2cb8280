/** How stored content is labelled, coming in and going out. */
import mime from 'mime';

const unknownType = 'application/octet-stream';
/** type/subtype and parameters of token or quoted values (RFC 9110 section 8.3.1). */
const typeShape =
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+-]+|"[\x20-\x21\x23-\x7e]*"))*$/;
const typeBytesMax = 255;
/** What clients send when they do not know: curl's own default, and "some bytes". */
const saysNothing = new Set(['', unknownType, 'application/x-www-form-urlencoded']);
/** Would run, or style a page, if one of our pages could be made to include it. */
const activeText = /^(?:text|application)\/(?:(?:x-)?(?:java|ecma|j|live)script[\d.]*|css)$/;

/**
 * The type to keep for an upload: as declared, else by the name's ending.
 * @param declared the header Content-Type
 */
export function typeOfUpload(declared: string | undefined, name: string): string {
  const given = (declared ?? '').trim();
  const known = given.length <= typeBytesMax && typeShape.test(given);
  if (known && !saysNothing.has(essence(given))) return given;
  return mime.getType(name) ?? unknownType;
}

export interface ServedType {
  contentType: string;
  /** False where a browser must save it instead of showing it. */
  inline: boolean;
}

/**
 * What stored content is served as. Shown in place are only images, video, audio, PDF and text, and
 * never what a browser would treat as a document that can act: HTML, SVG and other XML. Scripts and
 * styles are called plain text, so that no page can load them as such past its `script-src 'self'`.
 */
export function typeToServe(stored: string): ServedType {
  const type = typeShape.test(stored) ? stored : unknownType;
  const kind = essence(type);
  if (activeText.test(kind)) return { contentType: 'text/plain; charset=utf-8', inline: true };
  if (kind.endsWith('+xml') || kind.endsWith('/xml') || kind === 'text/html' || kind === 'text/xsl') {
    return { contentType: type, inline: false };
  }
  if (kind.startsWith('text/')) {
    const named = /;\s*charset=/i.test(type);
    return { contentType: named ? type : `${type}; charset=utf-8`, inline: true };
  }
  return { contentType: type, inline: /^(?:image|video|audio)\//.test(kind) || kind === 'application/pdf' };
}

/** True for types that compression makes smaller; pictures, video and archives are compressed already. */
export function isCompressible(type: string): boolean {
  const kind = essence(type);
  return (
    kind.startsWith('text/') ||
    /[/+](?:json|xml|javascript)$/.test(kind) ||
    /^application\/(?:x-ndjson|wasm|x-sh|x-tar|sql|toml|yaml)$/.test(kind)
  );
}

/** The type without parameters, in lower case. */
export function essence(type: string): string {
  const end = type.indexOf(';');
  return (end === -1 ? type : type.slice(0, end)).trim().toLowerCase();
}
