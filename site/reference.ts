/** The reference of an entry point, from the declarations and comments that the compiler writes. */
import { basename, dirname, relative } from 'node:path';
import type { Declarations, Declared } from './declarations.js';
import { escapeHtml, renderMarkdown } from './markdown.js';

/** A name that users import. */
interface Entry {
  readonly name: string;
  /** The folder of src/ that declares it. */
  readonly room: string;
  readonly declared: readonly Declared[];
}

/** The text of a comment without what frames it. */
const textOf = (comment: string) =>
  comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .replaceAll(/^\s*\* ?/gm, '')
    .trim();

const TAGS: Readonly<Record<string, string>> = { returns: 'Returns', throws: 'Throws', default: 'Default' };

/** A comment as Markdown: the prose, then its tags as a list. */
function proseOf(comment: string): string {
  const [prose, ...tagged] = textOf(comment).split(/(?:^|\s)@(?=(?:param|returns|throws|default|see)\b)/);
  const items = tagged.map((text) => {
    const [, tag, rest] = /^(\w+)\s*(.*)$/s.exec(text.trim()) ?? [];
    const line = rest.replaceAll(/\s+/g, ' ');
    if (tag !== 'param') return `- ${TAGS[tag] ?? 'See'}: ${line}`;
    const [name, ...words] = line.split(' ');
    return `- \`${name}\`: ${words.join(' ').replace(/^- /, '')}`;
  });
  return `${prose.trim()}\n\n${items.join('\n')}`;
}

/** A declaration as code: comments apart from the rest, in which names of the same page are links. */
function codeOf({ text }: Declared, own: string, names: ReadonlySet<string>): string {
  const shown = text
    .replaceAll(/^( {4})+/gm, (spaces) => ' '.repeat(spaces.length / 2))
    .replace(/\n\s*#private;/, '');
  return shown
    .split(/(\/\*\*.*?\*\/)/s)
    .map((part) => {
      const html = escapeHtml(part);
      if (part.startsWith('/**')) return `<span>${html.replaceAll(/\n\s*(\*(?!\/) ?)?/g, ' ')}</span>`;
      return html.replaceAll(/\b[A-Za-z_]\w*\b/g, (word) =>
        names.has(word) && word !== own ? `<a href="#${word}">${word}</a>` : word,
      );
    })
    .join('');
}

function entriesOf(declarations: Declarations, file: string): Entry[] {
  const source = dirname(file).replace(/(dist\/src).*$/, '$1');
  const entries = new Map<string, Entry>();
  for (const [name, shown] of declarations.exportsOf(file)) {
    const place = declarations.find(shown);
    if (!place || entries.has(name)) continue;
    const [room] = relative(source, place.file).replaceAll('\\', '/').split('/');
    entries.set(name, { name, room: basename(room, '.d.ts'), declared: declarations.at(place) });
  }
  return [...entries.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * The body of the page of an entry point.
 * @param name what users import. @param file its declarations.
 */
export function referenceOf(declarations: Declarations, name: string, file: string): string {
  const entries = entriesOf(declarations, file);
  const names = new Set(entries.map((entry) => entry.name));
  const rooms = [...new Set(entries.map(({ room }) => room))].sort();
  const prose = (comment: string) => renderMarkdown(proseOf(comment), (href) => href);
  const sections = rooms.map((room) => {
    const own = entries.filter((entry) => entry.room === room);
    const parts = own.map(({ name: title, declared }) => {
      const blocks = declared.map(
        (each) =>
          `${prose(each.comment)}<pre class="declaration"><code>${codeOf(each, title, names)}</code></pre>`,
      );
      return `<section id="${title}"><h3>${title}</h3>${blocks.join('\n')}</section>`;
    });
    const list = own.map(({ name: title }) => `<a href="#${title}">${title}</a>`).join(', ');
    return `<h2>${room}</h2>\n<p>${list}</p>\n${parts.join('\n')}`;
  });
  return `<h1><code>${name}</code></h1>\n${prose(declarations.commentOf(file))}\n${sections.join('\n')}`;
}
