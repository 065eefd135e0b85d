/** The Markdown of a report as HTML. Tags in the text are shown as text; pictures are only those of the workspace. */
import type { Token } from 'markdown-it';
import { l10n } from '../../format/l10n.js';
import { makeMarkdown, type Markdown } from '../document.js';
import type { Pictures } from '../pictures.js';
import { escapeHtml } from './escape.js';

/** Parts of the page that the rules read. */
interface Page {
  pictures: Pictures;
  anchors: Map<string, number>;
}

export function markdownHtml(tokens: Token[], pictures: Pictures, anchors: Map<string, number>): string {
  const env = { page: { pictures, anchors } satisfies Page };
  return renderer.renderer.render(tokens, renderer.options, env);
}

const renderer = withRules(makeMarkdown());

function withRules(markdown: Markdown): Markdown {
  const { rules } = markdown.renderer;
  rules.image = (tokens, at, _options, env) => {
    const { pictures } = env!.page as Page;
    const token = tokens[at]!;
    const source = String(token.attrGet('src') ?? '');
    const text = token.content;
    const found = pictures.get(source);
    if (found?.data) return `<img src="${found.data}" alt="${escapeHtml(text)}">`;
    const why = found?.why ?? l10n.t('not loaded');
    return `<span class="r-missing" role="img" aria-label="${escapeHtml(text)}">${escapeHtml(text || source)} (${escapeHtml(why)})</span>`;
  };
  rules.link_open = (tokens, at, options, _env, self) => {
    tokens[at]!.attrSet('rel', 'noopener noreferrer');
    return self.renderToken(tokens, at, options);
  };
  rules.heading_open = (tokens, at, options, env, self) => {
    const { anchors } = env!.page as Page;
    const text = (tokens[at + 1]?.children ?? []).map(({ content }) => content).join('');
    const slug =
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
        .replaceAll(/^-|-$/g, '') || 'section';
    const count = anchors.get(slug) ?? 0;
    anchors.set(slug, count + 1);
    tokens[at]!.attrSet('id', count === 0 ? slug : `${slug}-${count}`);
    return self.renderToken(tokens, at, options);
  };
  // Wide tables scroll, and lists of tasks have boxes.
  rules.table_open = () => '<div class="r-table" tabindex="0"><table>';
  rules.table_close = () => '</table></div>';
  // Inline styles would need a looser policy.
  const aligned: NonNullable<typeof rules.th_open> = (tokens, at, options, _env, self) => {
    const token = tokens[at]!;
    const style = String(token.attrGet('style') ?? '');
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style');
    const side = /text-align:(right|center)/.exec(style)?.[1];
    if (side) token.attrJoin('class', side === 'right' ? 'number' : 'center');
    return self.renderToken(tokens, at, options);
  };
  rules.th_open = rules.td_open = aligned;
  return markdown;
}
