import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  kept,
  moved,
  noSelection,
  select,
  selectAll,
  selectNone,
  typedTo,
} from '../../web/client/drive/selection.ts';
import { UndoStack } from '../../web/client/drive/undo.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const ids = ({ ids: chosen }: { ids: ReadonlySet<string> }) => [...chosen].sort().join('');

test('a click selects one entry, Ctrl adds and takes away, Shift selects from the anchor on', () => {
  const one = select(noSelection, order, 'b', 'only');
  assert.equal(ids(one), 'b');
  const range = select(one, order, 'd', 'range');
  assert.equal(ids(range), 'bcd');
  assert.equal(ids(select(range, order, 'a', 'range')), 'ab', 'the anchor stays where the range began');
  const toggled = select(range, order, 'c', 'toggle');
  assert.equal(ids(toggled), 'bd');
  assert.equal(ids(select(toggled, order, 'e', 'focus')), 'bd', 'the focus moves without selecting');
  assert.equal(ids(selectAll(order, noSelection)), 'abcde');
});

test('everything is selected beyond what is loaded, but for what was taken out', () => {
  const all = selectAll(['a', 'b'], noSelection, true);
  assert.equal(all.beyond, true);
  const without = select(all, ['a', 'b'], 'b', 'toggle');
  const loaded = kept(without, order, ['a', 'b']);
  assert.equal(ids(loaded), 'acde', 'what was loaded later belongs to it, what was taken out does not');
  assert.equal(loaded.beyond, true);
  assert.equal(select(loaded, order, 'c', 'only').beyond, undefined, 'a click selects one entry');
  assert.equal(selectNone(loaded).beyond, undefined);
});

test('a list that is loaded anew keeps the selection, and the focus goes to what took the place of a gone entry', () => {
  const selection = { ids: new Set(['b', 'd']), focus: 'd', anchor: 'b' };
  const after = kept(selection, ['a', 'b', 'c', 'e'], order);
  assert.deepEqual([ids(after), after.focus], ['b', 'e']);
  const last = kept({ ids: new Set(['e']), focus: 'e', anchor: 'e' }, ['a', 'b'], order);
  assert.deepEqual([ids(last), last.focus], ['', 'b']);
  assert.equal(kept(selection, [], order).focus, null);
});

test('keys move within the list and never out of it', () => {
  assert.equal(moved(order, null, 1), 'a');
  assert.equal(moved(order, 'b', 2), 'd');
  assert.equal(moved(order, 'd', 10), 'e');
  assert.equal(moved(order, 'b', -10), 'a');
  assert.equal(moved([], 'b', 1), null);
});

test('letters find names from the focus on, a word narrows, the same letter goes from match to match', () => {
  const items = ['alpha', 'beta', 'Bravo', 'gamma'].map((name) => ({ id: name, name }));
  assert.equal(typedTo(items, 'alpha', 'b'), 'beta');
  assert.equal(typedTo(items, 'beta', 'br'), 'Bravo');
  assert.equal(typedTo(items, 'beta', 'bb'), 'Bravo');
  assert.equal(typedTo(items, 'Bravo', 'bb'), 'beta', 'it begins again at the top');
  assert.equal(typedTo(items, 'alpha', 'z'), null);
});

test('the newest action is undone first, a named one alone, and what was undone can be done again', async () => {
  const log: string[] = [];
  const stack = new UndoStack();
  const action = (label: string) => ({
    label,
    undo: async () => log.push(`undo ${label}`),
    redo: async () => log.push(`redo ${label}`),
  });
  const [first, second] = [action('first'), action('second')];
  stack.push(first);
  stack.push(second);
  await stack.undo(first);
  await stack.undo();
  assert.equal(await stack.undo(), undefined);
  await stack.redo();
  assert.deepEqual(log, ['undo first', 'undo second', 'redo second']);
  stack.push(action('third'));
  assert.equal(await stack.redo(), undefined, 'a new action ends what could be done again');
});

test('an action that can no longer be undone does not stand in the way of the one before', async () => {
  const stack = new UndoStack();
  let undone = 0;
  stack.push({ label: 'good', undo: async () => (undone += 1), redo: async () => undefined });
  stack.push({
    label: 'gone',
    undo: () => Promise.reject(new Error('It was deleted.')),
    redo: async () => undefined,
  });
  await assert.rejects(stack.undo());
  await stack.undo();
  assert.equal(undone, 1);
});
