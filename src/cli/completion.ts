/** Scripts with which a shell completes the commands of this program; made from the list of commands itself. */
import type { Command, Option } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

/** One command with what may follow it. */
interface Completed {
  /** Words that lead to it; none for the program. */
  words: readonly string[];
  description: string;
  commands: readonly Command[];
  options: readonly Option[];
}

/** @returns the script, to be read by the shell */
export function completionScript(program: Command, shell: Shell): string {
  const all = completed(program, [], program.options);
  if (shell === 'fish') return fishScript(all);
  return shell === 'zsh' ? zshScript(all) : bashScript(all);
}

function completed(command: Command, words: readonly string[], global: readonly Option[]): Completed[] {
  const own: Completed = {
    words,
    description: command.description(),
    commands: command.commands,
    options: words.length === 0 ? command.options : [...command.options, ...global],
  };
  return [own, ...command.commands.flatMap((each) => completed(each, [...words, each.name()], global))];
}

function flagsOf({ options }: Completed): string[] {
  return options.flatMap(({ long }) => long ?? []);
}

/** `case` patterns that tell which words are commands, by the commands before them. */
function commandCases(all: readonly Completed[]): string {
  return all
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `"${words.slice(0, -1).join(' ')}|${words.at(-1)}"`)
    .join('|');
}

function bashScript(all: readonly Completed[]): string {
  const replies = all.map((each) => {
    const words = [...each.commands.map((command) => command.name()), ...flagsOf(each)];
    return `    "${each.words.join(' ')}") words="${words.join(' ')}" ;;`;
  });
  const choices = choicesOf(all).map(([flag, values]) => `    ${flag}) words="${values.join(' ')}" ;;`);
  return `# Completion of peerstor for bash: source <(peerstor completion bash)
_peerstor() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" context="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$context|$word" in
      ${commandCases(all)}) context="\${context:+$context }$word" ;;
    esac
  done
  case "$context" in
${replies.join('\n')}
  esac
  case "$before" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _peerstor peerstor
`;
}

function zshScript(all: readonly Completed[]): string {
  const replies = all.map((each) => {
    const described = [
      ...each.commands.map((command) => `${command.name()}:${command.description()}`),
      ...each.options.flatMap(({ long, description }) => (long ? [`${long}:${description}`] : [])),
    ];
    return `    "${each.words.join(' ')}") found=(${described.map(zshWord).join(' ')}) ;;`;
  });
  const choices = choicesOf(all).map(([flag, values]) => `    ${flag}) found=(${values.join(' ')}) ;;`);
  return `#compdef peerstor
# Completion of peerstor for zsh: source <(peerstor completion zsh)
_peerstor() {
  local context="" word before="\${words[CURRENT-1]}"
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$context|$word" in
      ${commandCases(all)}) context="\${context:+$context }$word" ;;
    esac
  done
  case "$context" in
${replies.join('\n')}
  esac
  case "$before" in
${choices.join('\n')}
  esac
  _describe 'peerstor' found
  _files
}
(( $+functions[compdef] )) && compdef _peerstor peerstor
`;
}

function fishScript(all: readonly Completed[]): string {
  const lines = all.flatMap((each) => {
    const here = each.words.length === 0 ? '__peerstor_at' : `__peerstor_at ${each.words.join(' ')}`;
    const commands = each.commands.map(
      (command) =>
        `complete -c peerstor -n '${here}' -a ${command.name()} -d ${fishWord(command.description())}`,
    );
    const options = each.options.flatMap(({ long, description, required, argChoices }) => {
      if (!long) return [];
      const values = argChoices ? ` -x -a '${argChoices.join(' ')}'` : required ? ' -r' : '';
      const flag = long.replace(/^--/, '');
      return [`complete -c peerstor -n '${here}' -l ${flag}${values} -d ${fishWord(description)}`];
    });
    return [...commands, ...options];
  });
  const known = all.filter(({ words }) => words.length > 0).map(({ words }) => `'${words.join(' ')}'`);
  return `# Completion of peerstor for fish: peerstor completion fish | source
function __peerstor_at
    set -l context
    for word in (commandline -opc)[2..]
        set -l next $context $word
        contains -- "$next" ${known.join(' ')}; and set context $next
    end
    test "$context" = "$argv"
end
${lines.join('\n')}
`;
}

/** Options with fixed values; the first command that has one says which. */
function choicesOf(all: readonly Completed[]): [string, readonly string[]][] {
  const found = new Map<string, readonly string[]>();
  for (const { options } of all) {
    for (const { long, argChoices } of options) {
      if (long && argChoices && !found.has(long)) found.set(long, argChoices);
    }
  }
  return [...found];
}

function zshWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishWord(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
