/** What the page says in the chosen language: parameters, plurals, numbers. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ApiError } from '../../web/client/request.ts';
import { formatSize, formatTime } from '../../web/client/words/format.ts';
import { deviceSaid, german, germanErrors } from '../../web/words/german/index.ts';
import { deviceSaid as said, spoken, t, tParts } from '../../web/words/words.ts';

const english = spoken.value;
const speakGerman = () => {
  spoken.value = { locale: 'de', table: german, errors: germanErrors, deviceSaid };
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

  it('a sentence of a device is said in German with what it filled in, and as it is where nobody knows it', () => {
    const sentence = 'Every file has at least 1 of 3 copies online: 2 devices are off.';
    assert.equal(said(sentence), sentence);
    speakGerman();
    assert.equal(
      said(sentence),
      'Von jeder Datei sind mindestens 1 von 3 Kopien erreichbar: 2 Geräte sind aus.',
    );
    assert.equal(said('The folder /mnt/a (b) on nas is full.'), 'Der Ordner /mnt/a (b) auf nas ist voll.');
    assert.equal(said('Nobody translated this.'), 'Nobody translated this.');
  });

  it('several sentences of a device are said in German where each is known, and what one is said about as well', () => {
    const known = 'Files: 3 new, 0 changed, 0 moved, 1 deleted, 9 unchanged.';
    const braked = '8 of 9 files are gone from the folder. Nothing was changed in the drive.';
    const sentence = `${known} 2 could not be saved. 1 symbolic link is left out.`;
    assert.equal(said(sentence), sentence);
    speakGerman();
    assert.equal(
      said(sentence),
      'Dateien: 3 neu, 0 geändert, 0 verschoben, 1 gelöscht, 9 unverändert. 2 ließen sich nicht sichern. 1 symbolischer Link bleibt weg.',
    );
    assert.equal(said(`${known} The moon fell.`), `${known} The moon fell.`, 'no half of each language');
    assert.equal(
      said(`The backup "Mr. X" stopped: ${braked}`),
      'Die Sicherung „Mr. X“ hielt an: 8 von 9 Dateien gibt es im Ordner nicht mehr. In der Ablage wurde nichts geändert.',
    );
    assert.equal(said('token-created'), 'Zugangsschlüssel neu');
  });

  it('an error is said by its code, or in the words of the device where the code says too little', () => {
    const saidOf = (code: string) =>
      new ApiError({ status: 409, code, detail: 'A folder is in the way.' }).message;
    assert.equal(saidOf('name-taken'), 'A folder is in the way.');
    speakGerman();
    assert.equal(saidOf('name-taken'), 'Diesen Namen gibt es hier schon. Wähle einen anderen.');
    assert.equal(saidOf('conflict'), 'A folder is in the way.');
    assert.equal(saidOf('a code of a newer device'), 'A folder is in the way.');
  });
});
