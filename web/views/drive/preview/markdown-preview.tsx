import { lexer, type Token, type Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Source } from '../../../client/preview/content.ts';
import { t } from '../../../words/words.ts';
import { TextFrame, useText } from './text-preview.tsx';
import { Verbatim } from './verbatim.tsx';

/** Longer texts are shown as they are written. */
const charactersMax = 200_000;

/**
 * Markdown as it is meant. The library only takes the text apart; what it finds becomes elements here, one by one, so
 * that nothing of the file can be markup: HTML in it is shown as text, pictures as their words, and a link leads to
 * web pages and mail only.
 */
export function MarkdownPreview({ source }: { source: Source }) {
  const text = useText(source);
  const [asWritten, setAsWritten] = useState(false);
  const [wrap, setWrap] = useState(true);
  const tokens = useMemo(() => text.answer && tokensOf(text.answer.text), [text.answer]);
  return (
    <TextFrame
      text={text}
      size={source.size}
      wrap={wrap}
      onWrap={tokens && !asWritten ? undefined : setWrap}
      tools={
        tokens && (
          <button
            type="button"
            class="button"
            aria-pressed={asWritten}
            onClick={() => setAsWritten(!asWritten)}
          >
            {t('Show as written')}
          </button>
        )
      }
    >
      {tokens && !asWritten ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls, by keys too
        <article class="markdown" tabIndex={0}>
          {blocks(tokens)}
        </article>
      ) : (
        text.answer && <Verbatim text={text.answer.text} wrap={wrap} />
      )}
    </TextFrame>
  );
}

/** undefined where it is too long, or nested so deeply that it is no text of a person. */
function tokensOf(text: string): Token[] | undefined {
  if (text.length > charactersMax) return undefined;
  try {
    return lexer(text);
  } catch {
    return undefined;
  }
}

/** Deeper than this, the rest is left out: elements in elements end somewhere. */
const depthMax = 20;

function blocks(tokens: readonly Token[], depth = 0): ComponentChildren {
  if (depth > depthMax) return null;
  return tokens.map((token) => block(token, depth + 1));
}

const levels = ['h3', 'h4', 'h5'] as const;

function block(token: Token, depth: number): ComponentChildren {
  switch (token.type) {
    case 'heading': {
      // The page has its own heading of the first level, the preview one of the second.
      const Level = levels[(token as Tokens.Heading).depth - 1] ?? 'h6';
      return <Level>{inline(token.tokens, depth)}</Level>;
    }
    case 'paragraph':
      return <p>{inline(token.tokens, depth)}</p>;
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : oneLine((token as Tokens.Text).text);
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [], depth)}</blockquote>;
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const lines = items.map((item) => (
        <li>
          {item.task && (
            <input type="checkbox" disabled checked={item.checked ?? false} aria-label={t('Task^list')} />
          )}
          {blocks(item.tokens, depth)}
        </li>
      ));
      return ordered ? <ol start={Number(start) || 1}>{lines}</ol> : <ul>{lines}</ul>;
    }
    case 'code':
    case 'html':
      return <Verbatim text={(token as Tokens.Code).text} wrap />;
    case 'table':
      return <MarkdownTable table={token as Tokens.Table} depth={depth} />;
    case 'hr':
      return <hr />;
    case 'space':
    case 'def':
    case 'checkbox':
      return null;
    default:
      return <p>{oneLine(token.raw)}</p>;
  }
}

function MarkdownTable({ table, depth }: { table: Tokens.Table; depth: number }) {
  return (
    <table>
      <thead>
        <tr>
          {table.header.map((cell) => (
            <th scope="col">{inline(cell.tokens, depth)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row) => (
          <tr>
            {row.map((cell) => (
              <td>{inline(cell.tokens, depth)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inline(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
  if (depth > depthMax) return null;
  return (tokens ?? []).map((token) => {
    switch (token.type) {
      case 'strong':
        return <strong>{inline(token.tokens, depth + 1)}</strong>;
      case 'em':
        return <em>{inline(token.tokens, depth + 1)}</em>;
      case 'del':
        return <del>{inline(token.tokens, depth + 1)}</del>;
      case 'codespan':
        return <code>{oneLine((token as Tokens.Codespan).text)}</code>;
      case 'br':
        return <br />;
      case 'link':
        return <SafeLink link={token as Tokens.Link} depth={depth + 1} />;
      case 'image':
        return <span class="muted">[{oneLine((token as Tokens.Image).text || t('picture'))}]</span>;
      case 'escape':
        return token.text;
      case 'text':
        return token.tokens ? inline(token.tokens, depth + 1) : oneLine((token as Tokens.Text).text);
      default:
        return oneLine(token.raw);
    }
  });
}

/** Its address is in the tooltip: the words of a link may pretend another one. */
function SafeLink({ link, depth }: { link: Tokens.Link; depth: number }) {
  const words = inline(link.tokens, depth);
  if (!/^(https?:\/\/|mailto:)/i.test(link.href)) return <>{words}</>;
  return (
    <a href={link.href} target="_blank" rel="noreferrer noopener" title={link.href}>
      {words}
    </a>
  );
}

/** Within a paragraph the end of a line is a space. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
