import { useEffect } from 'preact/hooks';
import type { ShareView, TokenView } from '../../../src/model/api.ts';
import type { Ending } from '../../client/api.ts';
import { rightsWords, sharing } from '../../client/sharing.ts';
import { formatFullTime } from '../../client/words/format.ts';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Whoever knew the password may have made tokens; links were given to others. */
export const usualEnding: Ending = { keepTokens: [], endLinks: [] };

/** What opens files without the password: which of it ends, and which goes on. */
export function EndingChoice({ ending, onChange }: { ending: Ending; onChange(ending: Ending): void }) {
  const { answer, error, reload } = useQuery(async () => ({
    tokens: (await sharing.tokens()).items,
    links: (await sharing.links()).items.filter(({ state }) => state === 'live'),
  }));
  // Once more when nothing is chosen any more: the last choice was carried out.
  useEffect(() => {
    if (ending === usualEnding) void reload();
  }, [ending]);
  if (error) return <p class="notice danger">{error.message}</p>;
  if (!answer) return <p aria-busy="true">{t('Loading your tokens and links…')}</p>;
  const { tokens, links } = answer;
  const { keepTokens, endLinks } = ending;
  return (
    <>
      {tokens.length > 0 && (
        <fieldset class="choices">
          <legend>
            {t('Access tokens to revoke: {count}', { count: tokens.length - keepTokens.length })}
          </legend>
          <p class="muted">
            {t('Whoever knew your password may have made one. Keep only those that you know and still use.')}
          </p>
          {tokens.map((token) => (
            <Choice
              key={token.id}
              label={tokenWords(token)}
              checked={!keepTokens.includes(token.id)}
              onChange={(ends) => onChange({ ...ending, keepTokens: changed(keepTokens, token.id, !ends) })}
            />
          ))}
        </fieldset>
      )}
      {links.length > 0 && (
        <fieldset class="choices">
          <legend>{t('Share links to end: {count}', { count: endLinks.length })}</legend>
          <p class="muted">
            {t('Links keep working unless you end them here: others have their addresses.')}
          </p>
          {links.map((link) => (
            <Choice
              key={link.id}
              label={linkWords(link)}
              checked={endLinks.includes(link.id)}
              onChange={(ends) => onChange({ ...ending, endLinks: changed(endLinks, link.id, ends) })}
            />
          ))}
        </fieldset>
      )}
    </>
  );
}

function Choice(props: { label: string; checked: boolean; onChange(checked: boolean): void }) {
  return (
    <label class="check-line">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />{' '}
      {props.label}
    </label>
  );
}

function tokenWords({ name, rights, path, createdAt }: TokenView): string {
  return t('{name}: {rights} {path}, made {at}', {
    name,
    rights: t(rightsWords[rights]),
    path: path ?? t('a deleted folder'),
    at: formatFullTime(createdAt),
  });
}

function linkWords({ entryName, rights, note, createdAt }: ShareView): string {
  const whose = note === '' ? '' : ` (${note})`;
  return t('{name}: {rights}, made {at}', {
    name: `${entryName ?? t('a deleted entry')}${whose}`,
    rights: t(rightsWords[rights]),
    at: formatFullTime(createdAt),
  });
}

function changed(ids: readonly string[], id: string, isIn: boolean): string[] {
  const others = ids.filter((other) => other !== id);
  return isIn ? [...others, id] : others;
}
