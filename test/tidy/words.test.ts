/** Rules about what the page says: everything by `t`, all of it in German, nothing that is said nowhere. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { auditEvents } from '../../web/words/german/audit-events.ts';
import { deviceSentences } from '../../web/words/german/device-sentences.ts';
import { german } from '../../web/words/german/index.ts';
import { wordsOf } from './page-words.ts';

const root = new URL('../..', import.meta.url).pathname;
const phrases = new Set(Object.keys(german));
const sources = globSync('web/**/*.{ts,tsx}', { cwd: root })
  // The tables themselves, and endings of file names.
  .filter((path) => !/^web\/(words\/|client\/drive\/file-kinds\.ts$)/.test(path))
  .sort();

/** What is the same in each language, or nobody sees. */
const everywhere: Readonly<Record<string, readonly string[]>> = {
  'web/components/list/virtual-rows.ts': ['repeat(…, minmax(0, 1fr))'],
  'web/client/photos/photo-words.ts': ['…, UTC………', 'ISO …', '… mm'],
  'web/views/drive/preview/pdf-preview.tsx': ['100% 0px', 'min(…%, …px)'],
  'web/views/gate/pair-guide.tsx': ['peerstor join … --peer …'],
};

const pages = sources.map((path) => ({
  path,
  words: wordsOf(path, readFileSync(`${root}${path}`, 'utf8'), phrases),
}));

describe('the words of the page', () => {
  it('the page says nothing that does not pass t, and so has no other language', () => {
    const found = pages.flatMap(({ path, words }) =>
      words.unwrapped
        .filter(({ text }) => !everywhere[path]?.includes(text))
        .map(({ line, text }) => `${path}:${line}: ${text}`),
    );
    assert.deepEqual(found, []);
  });

  it('a text that does not pass t is found in elements, attributes, tables, templates and errors', () => {
    const texts = (source: string) =>
      wordsOf('a.tsx', source, new Set(['Known'])).unwrapped.map(({ text }) => text);
    assert.deepEqual(texts('const A = () => <p>Hello <b>you</b></p>;'), ['Hello', 'you']);
    assert.deepEqual(texts('const A = () => <p title="Hi" aria-label={b ? "Yes" : c}>{t("Known")}</p>;'), [
      'Hi',
      'Yes',
    ]);
    assert.deepEqual(texts('const a = [{ label: "Drive" }, { label: "Known" }];'), ['Drive']);
    const hole = (name: string) => `$\{${name}}`;
    assert.deepEqual(texts(`const a = \`${hole('b')} of these\`; const c = \`${hole('b')}/${hole('d')}\`;`), [
      '… of these',
    ]);
    assert.deepEqual(texts('throw new Error("It is gone.");'), ['It is gone.']);
    assert.deepEqual(
      texts('const A = () => <p class="card padded" data-x="x">{t("A text", { a: "blue car" })}</p>;'),
      ['blue car'],
    );
  });

  it('every phrase of the German table is said somewhere', () => {
    const said = new Set(pages.flatMap(({ words }) => [...words.literals]));
    assert.deepEqual(
      [...phrases].filter((phrase) => !said.has(phrase)),
      [],
    );
  });

  it('every sentence of a device that has German is one that the sources still make', () => {
    const made = globSync('src/**/*.ts', { cwd: root })
      .map((path) => readFileSync(`${root}${path}`, 'utf8'))
      .join('\n');
    // A sentence is put together of parts: two words in a row are looked for, and most of them must be there.
    const isMade = (sentence: string) => {
      const words = sentence.split(/\s+/);
      const runs = words.map((_, index) => words.slice(index, index + 2)).filter((run) => run.length === 2);
      const plain = runs
        .map((run) => run.join(' ').replace(/[.:;,]$/, ''))
        .filter((run) => !/[{}]/.test(run));
      return plain.length === 0 || plain.filter((run) => made.includes(run)).length >= plain.length / 2;
    };
    assert.deepEqual(
      Object.keys(deviceSentences).filter((sentence) => !isMade(sentence)),
      [],
    );
    assert.deepEqual(
      Object.keys(auditEvents).filter((event) => !made.includes(`'${event}'`)),
      [],
    );
    assert.equal(isMade('The moon fell off because its cheese melted yesterday.'), false);
  });

  it('no module says anything while it is loaded, when the language is not known yet', () => {
    const early = pages.flatMap(({ path, words }) => words.early.map(({ line }) => `${path}:${line}`));
    assert.deepEqual(early, []);
    assert.equal(wordsOf('a.ts', 'const a = t("b"); const c = () => t("b");', phrases).early.length, 1);
  });

  it('the German of each phrase has its parameters, and no phrase stands in two tables', async () => {
    const slotsIn = (text: string) => new Set([...text.matchAll(/\{([^}|]*)/g)].map(([, name]) => name));
    const unlike = [...Object.entries(german), ...Object.entries(deviceSentences)].filter(
      ([phrase, text]) => slotsIn(phrase).symmetricDifference(slotsIn(text)).size > 0,
    );
    assert.deepEqual(unlike, []);
    const tables = globSync('web/words/german/*.ts', { cwd: root }).filter(
      (path) => !/index|errors|device-sentences|audit-events/.test(path),
    );
    const counts = await Promise.all(
      tables.map(async (path) => {
        const [table] = Object.values((await import(`${root}${path}`)) as Record<string, object>);
        return Object.keys(table ?? {}).length;
      }),
    );
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      phrases.size,
    );
  });
});
