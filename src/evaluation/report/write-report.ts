/** Writes reports: one self-contained HTML file, Markdown with its pictures beside it, and JSON. For Node. */
import { join } from 'node:path';
import { writeFileAtomic } from '../../files/atomic-file.js';
import { reportHtml } from './html.js';
import { reportMarkdown } from './markdown.js';
import type { Report } from './report.js';

/**
 * Writes `NAME.html`, `NAME.md` with its pictures in `NAME-files/`, and `NAME.json` with `result`.
 * @returns the paths of the three.
 */
export async function writeReport(
  folder: string,
  name: string,
  report: Report,
  result: unknown,
): Promise<string[]> {
  const html = join(folder, `${name}.html`);
  await writeFileAtomic(html, reportHtml(report));
  const { text, files } = reportMarkdown(report, `${name}-files`);
  for (const [path, content] of files) await writeFileAtomic(join(folder, path), content);
  const markdown = join(folder, `${name}.md`);
  await writeFileAtomic(markdown, text);
  const json = join(folder, `${name}.json`);
  await writeFileAtomic(json, `${JSON.stringify(result, null, 1)}\n`);
  return [html, markdown, json];
}
