/** A report as Markdown, with its plots and pictures as files beside it. */
import { escapeHtml } from './html.js';
import type { Block, Cell, Report } from './report.js';

/** The text, and the files that it shows by their path relative to it. */
export interface MarkdownReport {
  readonly text: string;
  readonly files: readonly (readonly [path: string, content: string | Uint8Array])[];
}

/** @param folder where the files go, relative to the text. */
export function reportMarkdown({ title, summary, sections }: Report, folder: string): MarkdownReport {
  const files: [string, string | Uint8Array][] = [];
  const addFile = (content: string | Uint8Array, ending: string): string => {
    const path = `${folder}/${files.length + 1}.${ending}`;
    files.push([path, content]);
    return path;
  };
  const lines = [`# ${escapeMarkdown(title)}`, '', escapeMarkdown(summary)];
  for (const section of sections) {
    lines.push('', `## ${escapeMarkdown(section.title)}`);
    for (const item of section.blocks) lines.push('', ...block(item, addFile));
  }
  return { text: `${lines.join('\n')}\n`, files };
}

function block(item: Block, addFile: (content: string | Uint8Array, ending: string) => string): string[] {
  switch (item.kind) {
    case 'text':
      return [escapeMarkdown(item.text)];
    case 'table': {
      const rule = item.head.map((_, column) => (column === 0 ? ':--' : '--:'));
      const rows = item.rows.map((cells) => row(cells.map(cellText)));
      return [
        `*${escapeMarkdown(item.caption)}*`,
        '',
        row(item.head.map(escapeMarkdown)),
        row(rule),
        ...rows,
      ];
    }
    case 'plot':
      return [`![${escapeMarkdown(item.caption)}](${addFile(standalone(item.svg), 'svg')})`];
    case 'pictures': {
      const pictures = item.pictures.map(
        ({ caption, bytes, type }) =>
          `![${escapeMarkdown(caption)}](${addFile(bytes, type.slice('image/'.length))})`,
      );
      return [escapeMarkdown(item.caption), '', ...pictures];
    }
    case 'record':
      return [
        `<details><summary>${escapeHtml(item.caption)}</summary>`,
        '',
        '```json',
        JSON.stringify(item.value, null, 2).replaceAll('`', '\\u0060'),
        '```',
        '',
        '</details>',
      ];
  }
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellText({ text, isBest, detail }: Cell): string {
  const shown = isBest ? `**${escapeMarkdown(text)}**` : escapeMarkdown(text);
  return detail ? `${shown} <sub>${escapeMarkdown(detail)}</sub>` : shown;
}

/** Characters that Markdown, or HTML inside it, would read as its own. */
const MARKUP = /[\\`*_[\]<>|~$]/g;

/** Text, names of methods and files above all, as Markdown shows it. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replace(MARKUP, '\\$&')
    .replace(/^(\d*|#*)([-+#.)] )/, '$1\\$2');
}

/** An SVG element as a file of its own. */
function standalone(svg: string): string {
  return svg.includes('xmlns=') ? svg : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
}
