/** A report as one HTML file that needs nothing else: styles, plots and pictures are inside. */
import type { Block, Cell, Report } from './report.js';

const STYLE = `
:root { color-scheme: light dark; --line: #d5d9e0; --soft: #667; --best: #0a7d4f; --card: #f6f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a404b; --soft: #9aa3b2; --best: #4fd6a0; --card: #1b1f27; }
  body { background: #12151b; color: #e7eaf0; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.8rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; margin: .3rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid var(--soft); }
td.best { color: var(--best); font-weight: 700; }
td small { display: block; color: var(--soft); font-weight: 400; font-size: .75em; }
figure { margin: 1rem 0; } figcaption { color: var(--soft); font-size: .92rem; }
figure.plot { display: inline-block; width: min(100%, 34rem); margin: .5rem 1rem 1rem 0; vertical-align: top; }
figure > svg { max-width: 100%; height: auto; border-radius: 6px; }
.gallery { display: flex; flex-wrap: wrap; gap: 1rem; } .gallery figure { margin: 0; max-width: 100%; }
img { max-width: 100%; height: auto; border-radius: 4px; display: block; }
pre { background: var(--card); padding: 1rem; overflow-x: auto; font-size: .8rem; border-radius: 6px; }
`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character]);
}

/** The report as the text of an HTML file. */
export function reportHtml({ title, summary, sections }: Report): string {
  const body = sections.map(
    (section) =>
      `<section>\n<h2>${escapeHtml(section.title)}</h2>\n${section.blocks.map(block).join('\n')}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(summary)}</p>
${body.join('\n')}
</body>
</html>
`;
}

function block(item: Block): string {
  switch (item.kind) {
    case 'text':
      return `<p>${escapeHtml(item.text)}</p>`;
    case 'table':
      return table(item.caption, item.head, item.rows);
    case 'plot':
      return `<figure class="plot">${item.svg}<figcaption>${escapeHtml(item.caption)}</figcaption></figure>`;
    case 'pictures': {
      const pictures = item.pictures.map(({ caption, bytes, type }) => {
        const source = `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
        const text = escapeHtml(caption);
        return `<figure><img src="${source}" alt="${text}"><figcaption>${text}</figcaption></figure>`;
      });
      return `<p>${escapeHtml(item.caption)}</p>\n<div class="gallery">${pictures.join('\n')}</div>`;
    }
    case 'record':
      return (
        `<details><summary>${escapeHtml(item.caption)}</summary>` +
        `<pre>${escapeHtml(JSON.stringify(item.value, null, 2))}</pre></details>`
      );
  }
}

function table(caption: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const heading = head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const lines = rows.map((cells) => {
    const [first, ...others] = cells;
    return `<tr><th scope="row">${cellContent(first)}</th>${others.map(cellHtml).join('')}</tr>`;
  });
  return (
    `<figure><figcaption>${escapeHtml(caption)}</figcaption><div class="scroll"><table>` +
    `<thead><tr>${heading}</tr></thead>\n<tbody>\n${lines.join('\n')}\n</tbody></table></div></figure>`
  );
}

function cellHtml(cell: Cell): string {
  return `<td${cell.isBest ? ' class="best"' : ''}>${cellContent(cell)}</td>`;
}

function cellContent({ text, detail }: Cell): string {
  return escapeHtml(text) + (detail ? `<small>${escapeHtml(detail)}</small>` : '');
}
