/**
 * What somebody looks for among pictures, in words. A word that means a time, a kind or a favorite narrows; every other one must
 * be part of the name, the camera, the lens, the place or the description.
 */
import { wordsOf } from '../../search/folding.ts';
import type { Photo } from './photo-row.ts';

const wordsMax = 16;

/** Folded words, by the number of the month. */
const monthWords: readonly (readonly string[])[] = [
  ['january', 'januar', 'jan', 'janner'],
  ['february', 'februar', 'feb', 'feber'],
  ['march', 'marz', 'mar', 'maerz'],
  ['april', 'apr'],
  ['may', 'mai'],
  ['june', 'juni', 'jun'],
  ['july', 'juli', 'jul'],
  ['august', 'aug'],
  ['september', 'sep', 'sept'],
  ['october', 'oktober', 'oct', 'okt'],
  ['november', 'nov'],
  ['december', 'dezember', 'dec', 'dez'],
];
/** Months of the northern half of Earth, as calendars count them. */
const seasons: readonly (readonly [words: readonly string[], months: readonly number[]])[] = [
  [
    ['spring', 'fruhling', 'fruhjahr'],
    [3, 4, 5],
  ],
  [
    ['summer', 'sommer'],
    [6, 7, 8],
  ],
  [
    ['autumn', 'fall', 'herbst'],
    [9, 10, 11],
  ],
  [['winter'], [12, 1, 2]],
];
const videoWords: ReadonlySet<string> = new Set([
  'video',
  'videos',
  'film',
  'films',
  'filme',
  'movie',
  'movies',
]);
const imageWords: ReadonlySet<string> = new Set(
  'photo photos picture pictures image images foto fotos bild bilder'.split(' '),
);
const otherKinds: readonly (readonly [words: readonly string[], fits: (photo: Photo) => boolean])[] = [
  [['screenshot', 'screenshots', 'bildschirmfoto', 'bildschirmfotos'], ({ isScreenshot }) => isScreenshot],
  [['panorama', 'panoramas', 'panoramen'], ({ panorama }) => panorama !== undefined],
  [['raw'], ({ format }) => format === 'raw'],
];
const favoriteWords: ReadonlySet<string> = new Set(
  'favorite favorites favourite favourites favorit favoriten starred lieblingsbilder'.split(' '),
);
/** Say nothing here. */
const fillerWords: ReadonlySet<string> = new Set('in of the from im am aus vom von der die das'.split(' '));

type Test = (photo: Photo) => boolean;

/** @returns does a picture fit? Nothing fits a question without a word. */
export function photoTest(question: string): Test {
  const words = wordsOf(question, wordsMax);
  const said = words.filter((word) => !fillerWords.has(word));
  const tests = (said.length > 0 ? said : words).map(testOf);
  return (photo) => tests.length > 0 && tests.every((fits) => fits(photo));
}

function testOf(word: string): Test {
  const byText: Test = ({ words }) => words.includes(word);
  const byMeaning = meaningOf(word);
  // A file may be called "summer.jpg", or taken in summer.
  return byMeaning ? (photo) => byMeaning(photo) || byText(photo) : byText;
}

function meaningOf(word: string): Test | undefined {
  if (videoWords.has(word)) return ({ kind }) => kind === 'video';
  if (imageWords.has(word)) return ({ kind }) => kind === 'image';
  const other = otherKinds.find(([words]) => words.includes(word));
  if (other) return other[1];
  if (favoriteWords.has(word)) return ({ favorite }) => favorite;
  // "1990s", "1990er".
  const decade = /^(\d{3})0(?:s|er)$/.exec(word)?.[1];
  if (decade !== undefined) return ({ local }) => local.startsWith(decade);
  // A year, a month of a year, a day.
  if (/^\d{4}(-\d{2}){0,2}$/.test(word)) return ({ local }) => local.startsWith(word);
  const day = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(word);
  if (day) {
    const [, date = '', month = '', year = ''] = day;
    const beginning = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
    return ({ local }) => local.startsWith(beginning);
  }
  const month = monthWords.findIndex((names) => names.includes(word)) + 1;
  if (month > 0) return ({ local }) => monthOf(local) === month;
  const season = seasons.find(([names]) => names.includes(word));
  return season && (({ local }) => season[1].includes(monthOf(local)));
}

function monthOf(local: string): number {
  return Number(local.slice(5, 7));
}
