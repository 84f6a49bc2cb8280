import assert from 'node:assert/strict';
import { test } from 'node:test';
import { h } from 'preact';
import { showText } from '../../web/components/shown-text.ts';

const turned = 'photo\u202egpj.exe';
const shown = 'photo\\u{202e}gpj.exe';

test('every text that Preact draws has its deceptive characters written out', () => {
  // As Preact makes the node of a text: without a type, and the text in place of properties.
  const text = { type: null, props: turned };
  showText(text);
  assert.equal(text.props, shown);
  const plain = { ...text, props: 'Café 日本 خانه‌ها 👩‍👩‍👧' };
  showText(plain);
  assert.equal(plain.props, 'Café 日本 خانه‌ها 👩‍👩‍👧');
});

test('attributes that are shown or said are written out, and those that are sent stay as they are', () => {
  const { props } = h('input', {
    title: turned,
    alt: turned,
    placeholder: turned,
    'aria-label': turned,
    value: turned,
    href: turned,
  } as object);
  assert.deepEqual(props, {
    title: shown,
    alt: shown,
    placeholder: shown,
    'aria-label': shown,
    value: turned,
    href: turned,
  });
});

test('what a component is given stays as it is, because it may be sent again', () => {
  const Rename = ({ title }: { title: string }) => h('p', null, title);
  assert.deepEqual(h(Rename, { title: turned }).props, { title: turned });
});
