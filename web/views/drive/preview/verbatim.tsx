/**
 * Texts of files as they are: line breaks, tabs and marks of direction belong to them, and are not written out as
 * elsewhere on the page (`components/shown-text.ts`). They become text of elements, never markup.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';

/** A piece of text, with what it is in its language, such as a keyword or a comment. */
export interface Scope {
  scope?: string;
  children: readonly (Scope | string)[];
}

/** The ref of an element whose only content is this text. */
export function useVerbatim<Element extends HTMLElement>(text: string | Scope) {
  const element = useRef<Element>(null);
  useLayoutEffect(() => {
    if (typeof text !== 'string') element.current?.replaceChildren(...text.children.map(nodeOf));
    else if (element.current) element.current.textContent = text;
  }, [text]);
  return element;
}

export function Verbatim({ text, wrap }: { text: string; wrap: boolean }) {
  const block = useVerbatim<HTMLPreElement>(text);
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls, by keys too
  return <pre ref={block} class={wrap ? 'wrap' : ''} tabIndex={0} />;
}

function nodeOf(part: Scope | string): Node {
  if (typeof part === 'string') return document.createTextNode(part);
  const span = document.createElement('span');
  const kind = part.scope?.split('.')[0];
  if (kind) span.className = `code-${kind.replace(/[^a-z_-]/g, '')}`;
  for (const child of part.children) span.append(nodeOf(child));
  return span;
}
