/** Text that is right but for something, the same at every run with one seed. */
import type { Random } from '../../../src/model/clock.ts';

const spices = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ':',
  '%',
  '%00',
  '%2F',
  '%ff',
  '..',
  '//',
  '\\',
  ';',
  ',',
  '=',
  '-',
  '0',
  '99999999999999999999',
  '-1',
  '1e999',
  'é',
  '\u202e',
  'infinity',
  'NaN',
  ' ',
  '\t',
  '{}',
  '[]',
  'null',
  'true',
  '"__proto__":{},',
  '&x;',
  '<!DOCTYPE a>',
  '<![CDATA[',
  ']]>',
  'xmlns:x=""',
  'bytes=',
  'W/',
  '*',
  'Not',
  '<urn:x>',
  'Second-',
  '\u0000',
  'a'.repeat(300),
  '('.repeat(200),
  '['.repeat(100),
];

export class Spoiler {
  readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random.next() * items.length)] as Item;
  }

  chance(of: number): boolean {
    return this.random.next() < of;
  }

  below(bound: number): number {
    return Math.floor(this.random.next() * bound);
  }

  /** The text with a few things put in, taken out or doubled. */
  text(text: string): string {
    let spoiled = text;
    for (let times = this.below(3); times > 0; times -= 1) {
      const at = this.below(spoiled.length + 1);
      const until = at + this.below(8);
      const put = this.chance(0.7) ? this.pick(spices) : spoiled.slice(at, until);
      spoiled = spoiled.slice(0, at) + put + spoiled.slice(this.chance(0.5) ? at : until);
    }
    return spoiled;
  }

  /** A value of a header: without line ends, which would make another request of the rest. */
  header(text: string): string {
    return this.text(text).replace(/[\r\n\0]|[^\0-\xff]/g, '?');
  }

  /** As a part of the request line. */
  address(path: string): string {
    return this.text(path).replace(/[^\x21-\x7e]/g, (character) =>
      encodeURIComponent(character.toWellFormed()),
    );
  }
}
