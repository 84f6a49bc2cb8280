/** What the page says in the chosen language: parameters, plurals, numbers. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ApiError } from '../../web/client/request.ts';
import { formatSize, formatTime } from '../../web/client/words/format.ts';
import { german, germanErrors } from '../../web/words/german/index.ts';
import { spoken, t, tParts } from '../../web/words/words.ts';

const english = spoken.value;
const speakGerman = () => {
  spoken.value = { locale: 'de', table: german, errors: germanErrors };
};

describe('the words of the page', () => {
  afterEach(() => {
    spoken.value = english;
  });

  it('a phrase is its own English, without what tells two meanings apart', () => {
    assert.equal(t('Sign in'), 'Sign in');
    assert.equal(t('full^copies'), 'full');
  });

  it('a phrase with parameters has them in both languages, numbers as each writes them', () => {
    const say = () => t('Full: {copies} copies on different devices.', { copies: 12_345 });
    assert.equal(say(), 'Full: 12,345 copies on different devices.');
    speakGerman();
    assert.equal(say(), 'Voll: 12.345 Kopien auf verschiedenen Geräten.');
  });

  it('a word follows its number by the plural rules of the language', () => {
    speakGerman();
    assert.equal(
      t('Enter all 24 words. These are {count}.', { count: 1 }),
      'Gib alle 24 Wörter ein. Das ist 1.',
    );
    assert.equal(
      t('Enter all 24 words. These are {count}.', { count: 0 }),
      'Gib alle 24 Wörter ein. Das sind 0.',
    );
  });

  it('elements among the values stay elements, in the order of the language', () => {
    const [useHttps, install] = [{ is: 'link' }, { is: 'other link' }];
    assert.deepEqual(
      tParts('{useHttps}. If your browser warns of the certificate, {install}.', { useHttps, install }),
      ['', useHttps, '. If your browser warns of the certificate, ', install, '.'],
    );
  });

  it('a value that looks like a parameter is said as it is', () => {
    assert.equal(t('Revoke “{name}”?', { name: '{name}' }), 'Revoke “{name}”?');
  });

  it('sizes and times are written as the language writes them', () => {
    const now = new Date('2026-11-30T12:00:00');
    assert.equal(formatSize(2_500_000), '2.5 MB');
    assert.equal(formatTime('2025-03-04T05:06:07', now), 'Mar 4, 2025');
    speakGerman();
    assert.equal(formatSize(2_500_000), '2,5 MB');
    assert.equal(formatTime('2025-03-04T05:06:07', now), '4. März 2025');
  });

  it('an error is said by its code, or in the words of the device where the code says too little', () => {
    const said = (code: string) =>
      new ApiError({ status: 409, code, detail: 'A folder is in the way.' }).message;
    assert.equal(said('name-taken'), 'A folder is in the way.');
    speakGerman();
    assert.equal(said('name-taken'), 'Diesen Namen gibt es hier schon. Wähle einen anderen.');
    assert.equal(said('conflict'), 'A folder is in the way.');
    assert.equal(said('a code of a newer device'), 'A folder is in the way.');
  });
});
