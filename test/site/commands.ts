/** The command lines that pages show, parsed as the program parses them, without doing anything. */
import { Command } from 'commander';

/** A command line of a page, words without quotes. */
export type CommandLine = readonly string[];

/** The lines of a shell block that call the program; comments, redirections and what follows are left out. */
export function commandLines(code: string): CommandLine[] {
  const variables = new Map<string, string>();
  const lines: CommandLine[] = [];
  for (const line of code.replaceAll(/\\\n/g, ' ').split('\n')) {
    const [, name, value] = /^(\w+)="(.*)"$/.exec(line) ?? [];
    if (name) {
      variables.set(name, value);
      continue;
    }
    const [, call] =
      /(?:^|^npx |^until )superpoint ((?:[a-z]|--).*)$/.exec(line.replace(/(^|\s)#.*$/, '')) ?? [];
    if (!call) continue;
    const text = call.split(/[;|>]|&&/)[0].replace(/\$(\w+)/g, (_, key: string) => variables.get(key) ?? '');
    lines.push(Array.from(text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, a, b, c]) => a ?? b ?? c));
  }
  return lines;
}

/** Takes the command apart as it does, and leaves it at that. */
function forget(command: Command): void {
  command.action(() => {});
  for (const below of command.commands) forget(below);
}

/** What is wrong with a command line, in one line; undefined where nothing is. */
export async function problemOf(line: CommandLine): Promise<string | undefined> {
  const [name] = line;
  if (name.startsWith('--')) return ['--help', '--version'].includes(name) ? undefined : `unknown ${name}`;
  const program = new Command('superpoint');
  try {
    const register = `register${name[0].toUpperCase()}${name.slice(1)}`;
    (await import(`../../src/cli/${name}.js`))[register](program);
  } catch {
    return `unknown command ${name}`;
  }
  forget(program);
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    for (const below of command.commands) quiet(below);
  };
  quiet(program);
  try {
    await program.parseAsync(line as string[], { from: 'user' });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === 'commander.helpDisplayed' ? undefined : message;
  }
  return undefined;
}
