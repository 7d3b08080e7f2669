/** `superpoint completion`: what a shell needs to complete commands, options and their choices. */
import { Argument, type Command } from 'commander';

type Shell = 'bash' | 'zsh' | 'fish';

/** Adds the command. Of all commands it must be the last: it tells of those before it. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what a shell needs to complete commands: source <(superpoint completion bash)')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](entriesOf(program)));
    });
}

/** A command, by its words behind the program's name. */
interface Entry {
  readonly path: string;
  readonly description: string;
  /** Its commands, or the choices of its first argument. */
  readonly words: readonly string[];
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    readonly takesValue: boolean;
    readonly choices: readonly string[];
  }[];
}

/** All commands of a tree, from its root. */
function entriesOf(command: Command, path: readonly string[] = []): Entry[] {
  const commands = command.commands.map((each) => each.name());
  const visible = command.createHelp().visibleOptions(command);
  const options = visible.flatMap(({ long, description, argChoices, required, optional }) =>
    long ? [{ flag: long, description, takesValue: required || optional, choices: argChoices ?? [] }] : [],
  );
  const entry = {
    path: path.join(' '),
    description: command.description(),
    words: commands.length > 0 ? commands : (command.registeredArguments[0]?.argChoices ?? []),
    options,
  };
  const below = command.commands.flatMap((each) => entriesOf(each, [...path, each.name()]));
  return [entry, ...below];
}

/** What is no option, no command and no choice is completed as a file. */
function bash(entries: readonly Entry[]): string {
  const paths = entries.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const choices = entries.flatMap(({ path, options }) =>
    options
      .filter((option) => option.choices.length > 0)
      .map(({ flag, choices: list }) => `    '${path} ${flag}') words='${list.join(' ')}' ;;`),
  );
  const values = entries.flatMap(({ path, options }) =>
    options
      .filter((option) => option.takesValue && option.choices.length === 0)
      .map(({ flag }) => `'${path} ${flag}'`),
  );
  const words = entries.map(
    ({ path, words: list, options }) =>
      `      '${path}') words='${list.join(' ')}'; options='${options.map(({ flag }) => flag).join(' ')}' ;;`,
  );
  return `_superpoint() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' options='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${paths.join('|')}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$path $before" in
${choices.join('\n')}
    ${values.join('|')}) return ;;
    *) case "$path" in
${words.join('\n')}
    esac ;;
  esac
  [[ $word == -* ]] && words=$options
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _superpoint superpoint
`;
}

function zsh(entries: readonly Entry[]): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(entries)}`;
}

function fish(entries: readonly Entry[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = entries.flatMap(({ path, words, options }) => {
    const parts = path.split(' ').filter((part) => part !== '');
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ');
    const condition = quoted(seen === '' ? '__fish_use_subcommand' : seen);
    const told = words.map((word) => {
      const [child] = entries.filter((entry) => entry.path === [...parts, word].join(' '));
      return `complete -c superpoint -n ${condition} -a ${word}${child ? ` -d ${quoted(child.description)}` : ''}`;
    });
    const flags = options.map(({ flag, description, takesValue, choices }) => {
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      return `complete -c superpoint -n ${condition} -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
    });
    return [...told, ...flags];
  });
  return `${lines.join('\n')}\n`;
}

const SCRIPTS: Readonly<Record<Shell, (entries: readonly Entry[]) => string>> = { bash, zsh, fish };
