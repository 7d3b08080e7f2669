/** Markdown to HTML: headings that can be linked to, links as the site has them. Pure. */
import { Marked, type Tokens } from 'marked';

/** Where a link of a page leads on the site: from what stands in the page to what stands in the HTML. */
export type Rewrite = (href: string) => string;

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The name of a heading in links, as the usual hosts of repositories make it. */
export function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** The HTML of a page's body. */
export function renderMarkdown(text: string, rewrite: Rewrite): string {
  const seen = new Map<string, number>();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: source }: Tokens.Heading) {
        const slug = slugOf(source.replaceAll(/\]\([^)]*\)/g, ']'));
        const before = seen.get(slug) ?? 0;
        seen.set(slug, before + 1);
        const id = before === 0 ? slug : `${slug}-${before}`;
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        return `<a href="${escapeHtml(rewrite(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text: alternative }: Tokens.Image) {
        return `<img src="${escapeHtml(rewrite(href))}" alt="${escapeHtml(alternative)}">`;
      },
      html({ text: raw }: Tokens.HTML | Tokens.Tag) {
        return raw.startsWith('<!--') ? '' : raw;
      },
    },
  });
  return (marked.parse(text, { async: false }) as string)
    .replaceAll('<table>', '<div class="table"><table>')
    .replaceAll('</table>', '</table></div>');
}

/** The text of the first heading. */
export function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? '';
}
