/**
 * All text of the page passes here before the browser shows it, so that no view can forget it: names of files,
 * users and devices come from others, and direction marks or characters of no width in them would deceive who
 * reads (`model/display-text.ts`). Import it once, before anything is drawn. What must be shown byte for byte,
 * the content of a text file, is set as `textContent` of an element instead.
 */
import { options } from 'preact';
import { displayText } from '../../src/model/display-text.ts';

/** Attributes that a browser shows, or that a screen reader says. */
const shownAttributes = [
  'title',
  'alt',
  'placeholder',
  'label',
  'aria-label',
  'aria-description',
  'aria-valuetext',
  'aria-roledescription',
];

const before = options.vnode;
options.vnode = (vnode) => {
  showText(vnode);
  before?.(vnode);
};

/** Writes out deceptive characters of a text that is drawn, or of an element's attributes. */
export function showText(vnode: { type: unknown; props: unknown }): void {
  // A text is a node without a type, whose properties are the text itself.
  const { props } = vnode;
  if (typeof props === 'string') vnode.props = displayText(props);
  if (typeof vnode.type !== 'string' || !isFields(props)) return;
  for (const name of shownAttributes) {
    const value = props[name];
    if (typeof value === 'string') props[name] = displayText(value);
  }
}

/** The title of the window, or of the tab. */
export function showTitle(title: string): void {
  document.title = displayText(title);
}

function isFields(props: unknown): props is Record<string, unknown> {
  return typeof props === 'object' && props !== null;
}
