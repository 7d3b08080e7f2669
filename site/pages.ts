/** The Markdown pages of the repository: which there are, and what a reader of a page is shown in code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MarkedToken, marked } from 'marked';

/** A fenced block of code in a page. */
export interface CodeBlock {
  /** Path of the page below the root. */
  readonly page: string;
  readonly language: string;
  readonly code: string;
  /** What comments in front of it say, by their first word: `<!-- given …code… -->`. Readers do not see them. */
  readonly notes: Readonly<Record<string, string>>;
}

/** Paths of all pages below the root, the front page first. */
export function pagesBelow(root: string): string[] {
  const within = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((name) => name.endsWith('.md'))
      .sort();
  const top = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];
  return [...top, ...['docs', 'models', 'examples', 'web'].flatMap(within)];
}

/** The blocks of code of a page, in their order. */
export function codeBlocks(root: string, page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let notes: Record<string, string> = {};
  marked.walkTokens(marked.lexer(readFileSync(join(root, page), 'utf8')), (token) => {
    const { type, raw } = token as MarkedToken;
    if (type === 'html') {
      const [, word, text] = /^<!--\s*(\w+)(.*?)-->/s.exec(raw) ?? [];
      if (word) notes[word] = text.trim();
    }
    if (type === 'code') {
      const { lang = '', text } = token as { lang?: string; text: string };
      blocks.push({ page, language: lang, code: text, notes });
      notes = {};
    }
  });
  return blocks;
}
