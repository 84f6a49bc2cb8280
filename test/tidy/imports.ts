/** Reads the imports of the code and holds each against `import-rules.ts`. */
import { posix } from 'node:path';
import {
  forbiddenArrows,
  libraryRules,
  planSentence,
  roomRules,
  subRooms,
  webSentence,
  wordsSentence,
} from './import-rules.ts';

/** One import between two files of the project; paths from the top of the checkout. */
export interface Arrow {
  from: string;
  to: string;
}

/** An arrow that breaks a rule, and the sentence of that rule. */
export interface Fault extends Arrow {
  sentence: string;
}

/** The relative imports (static, type-only and dynamic) of one file's text. */
export function arrowsOf(path: string, text: string): Arrow[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, specifier]) => ({
    from: path,
    to: posix.normalize(posix.join(posix.dirname(path), specifier ?? '')),
  }));
}

/** The packages and built-in modules that one file's text imports. */
export function librariesOf(path: string, text: string): Arrow[] {
  const found = text.matchAll(/(?:\bfrom|^import|\bimport\()\s*'([^.'][^']*)'/gm);
  return [...found].map(([, specifier]) => ({ from: path, to: specifier ?? '' }));
}

/** The rule that the use of an outside library breaks. */
export function libraryFaultOf({ from, to }: Arrow): Fault | undefined {
  const rule = libraryRules.find(({ library }) => library.test(to));
  if (rule === undefined || rule.places.some((place) => from === place || from.startsWith(`${place}/`)))
    return undefined;
  return { from, to, sentence: rule.sentence };
}

/** The first rule that an arrow breaks. */
export function faultOf({ from, to }: Arrow): Fault | undefined {
  const sentence = from.startsWith('web/')
    ? webFault(from, to)
    : (roomFault(from, to) ?? innerFault(from, to));
  return sentence === undefined ? undefined : { from, to, sentence };
}

/** Circles among files: each strongly connected group of more than one file. */
export function circles(arrows: readonly Arrow[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file) ?? 0);
    stack.push(file);
    for (const other of next.get(file) ?? []) {
      if (!order.has(other)) visit(other);
      if (stack.includes(other)) low.set(file, Math.min(low.get(file) ?? 0, low.get(other) ?? 0));
    }
    if (low.get(file) !== order.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function webFault(from: string, to: string): string | undefined {
  if (to.startsWith('src/')) return to.startsWith('src/model/') ? undefined : webSentence;
  if (from.startsWith('web/words/')) return to.startsWith('web/words/') ? undefined : wordsSentence;
  if (!from.startsWith('web/client/')) return undefined;
  return to.startsWith('web/client/') || to.startsWith('web/words/') ? undefined : webSentence;
}

function roomFault(from: string, to: string): string | undefined {
  if (!from.startsWith('src/')) return undefined;
  const rule = roomRules.find(({ room }) => room === roomOf(from));
  if (rule === undefined)
    return `src/${roomOf(from)} is no room of test/tidy/import-rules.ts: give it a line there.`;
  if (!to.startsWith('src/')) return 'The program imports nothing of tests, benches or the page.';
  if (roomOf(to) === rule.room) return undefined;
  return rule.imports.includes(roomOf(to)) ? undefined : rule.sentence;
}

function innerFault(from: string, to: string): string | undefined {
  const room = roomOf(from);
  const order = subRooms[room];
  if (!from.startsWith('src/') || order === undefined) return undefined;
  const below = (path: string) => path.slice('src/'.length).replace(/\.ts$/, '');
  const arrow = forbiddenArrows.find(
    (each) =>
      below(from).startsWith(`${each.from}/`) && each.to.some((target) => below(to).startsWith(`${target}/`)),
  );
  if (arrow !== undefined) return arrow.sentence;
  if (roomOf(to) !== room) return undefined;
  if (room === 'replication' && /-plan\.ts$/.test(from) && !/-plan\.ts$|\/placement\//.test(to))
    return planSentence;
  return upwards(room, order, subRoomOf(from, order), subRoomOf(to, order));
}

/**
 * The sub-room of a file, the innermost one that `order` names; the folder of the file where it names none, or
 * undefined for a file at the root of its room.
 */
function subRoomOf(path: string, order: readonly string[]): string | undefined {
  const folders = path.split('/').slice(2, -1);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const name = folders.slice(0, depth).join('/');
    if (order.includes(name)) return name;
  }
  return folders[0];
}

function upwards(
  room: string,
  order: readonly string[],
  from: string | undefined,
  to: string | undefined,
): string | undefined {
  if (from === undefined || from === to) return undefined;
  if (!order.includes(from))
    return `src/${room}/${from} has no place in subRooms of test/tidy/import-rules.ts.`;
  if (to === undefined) return undefined;
  return order.indexOf(to) < order.indexOf(from)
    ? undefined
    : `Imports go down only: in ${room}, ${from} stands below ${to}.`;
}
