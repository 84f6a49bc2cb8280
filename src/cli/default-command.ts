/** `peerstor` without the name of a command runs `start`; a word that is no command is an error. */
import type { Command, Option } from 'commander';

/**
 * The same words, with `start` in front where they name no command. The first word that is neither an option
 * nor the value of one names the command.
 * @param start the command whose options may stand without its name
 */
export function withDefaultCommand(program: Command, start: Command, words: readonly string[]): string[] {
  const options = [...program.options, ...start.options];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (/^(-h|--help|-V|--version)$/.test(word) || !word.startsWith('-')) return [...words];
    if (takesNextWord(options, word)) at += 1;
  }
  return ['start', ...words];
}

function takesNextWord(options: readonly Option[], word: string): boolean {
  const option = options.find(({ long, short }) => word === long || word === short);
  return option?.required === true;
}
