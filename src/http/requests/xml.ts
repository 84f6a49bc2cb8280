/**
 * XML as WebDAV and S3 need it: a small document read whole, and text written. No document type is taken, so there
 * are no entities to expand; depth and number of elements are bounded.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { PeerstorError } from '../../model/errors.ts';
import { xmlDepthMax, xmlElementsMax } from '../limits/http-limits.ts';

export const davNamespace = 'DAV:';
export const xmlHead = '<?xml version="1.0" encoding="utf-8"?>\n';

export interface XmlElement {
  namespace: string;
  name: string;
  attributes: { namespace: string; name: string; value: string }[];
  /** Of the element or of one around it (xml:lang). */
  language: string | undefined;
  children: (XmlElement | string)[];
}

/**
 * @returns undefined for an empty text
 * @throws `bad-request` for what is no well-formed XML, or has a document type, or is too deep or long
 */
export function parseXml(text: string, elementsMax = xmlElementsMax): XmlElement | undefined {
  if (text.trim() === '') return undefined;
  const refuse = (why: string) =>
    new PeerstorError('bad-request', `The body is no XML that is taken: ${why}.`);
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  const addText = (piece: string) => {
    const children = open.at(-1)?.children;
    const before = children?.at(-1);
    if (typeof before === 'string') children?.splice(-1, 1, before + piece);
    else children?.push(piece);
  };
  parser.on('doctype', () => {
    throw refuse('it has a document type');
  });
  parser.on('error', () => {
    throw refuse('it is not well-formed');
  });
  parser.on('opentag', (tag) => {
    count += 1;
    if (count > elementsMax || open.length >= xmlDepthMax) throw refuse('it has too many elements');
    const element = elementOf(tag, open.at(-1)?.language, refuse);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(text).close();
  return root;
}

function elementOf(
  tag: SaxesTagNS,
  around: string | undefined,
  refuse: (why: string) => PeerstorError,
): XmlElement {
  const element: XmlElement = {
    namespace: tag.uri,
    name: tag.local,
    attributes: [],
    language: around,
    children: [],
  };
  for (const { name, prefix, local, uri, value } of Object.values(tag.attributes)) {
    // A prefix cannot be undeclared (Namespaces in XML 1.0, section 6.1); the parser lets it pass.
    if (prefix === 'xmlns' && value === '') throw refuse('a prefix has no namespace');
    if (name === 'xml:lang') element.language = value;
    else if (prefix !== 'xmlns' && name !== 'xmlns') {
      element.attributes.push({ namespace: prefix === '' ? '' : uri, name: local, value });
    }
  }
  return element;
}

export function childElements(element: XmlElement | undefined): XmlElement[] {
  return (element?.children ?? []).filter((child) => typeof child !== 'string');
}

/** The child of this name in the namespace of WebDAV. */
export function davChild(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return childElements(element).find((child) => isDav(child, name));
}

export function isDav({ namespace, name }: XmlElement, wanted: string): boolean {
  return namespace === davNamespace && name === wanted;
}

/** The text in an element and in what it holds. */
export function textOf({ children }: XmlElement): string {
  return children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

/** An element as text that stands for itself: with its namespaces and language. */
export function writeElement(element: XmlElement): string {
  const language = element.language === undefined ? '' : ` xml:lang="${escapeXml(element.language)}"`;
  return write(element, language);
}

/** What is in an element, as `writeElement` does. */
export function writeContent({ children }: XmlElement): string {
  return children.map((child) => (typeof child === 'string' ? escapeXml(child) : write(child, ''))).join('');
}

function write(element: XmlElement, more: string): string {
  const { namespace, name, attributes } = element;
  const given = attributes.map(({ namespace: of, name: local, value }, index) => {
    const text = escapeXml(value);
    return of === ''
      ? ` ${local}="${text}"`
      : ` xmlns:a${index}="${escapeXml(of)}" a${index}:${local}="${text}"`;
  });
  const head = `${name} xmlns="${escapeXml(namespace)}"${more}${given.join('')}`;
  const content = writeContent(element);
  return content === '' ? `<${head}/>` : `<${head}>${content}</${name}>`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
