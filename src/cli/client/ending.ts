/** What ends with a new password or a sign-out everywhere: tokens unless kept, share links where asked. */
import type { Page, ShareView, TokenView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { called, onlyOne } from '../lookup.ts';
import { formatTime, printLine, printNotice } from '../terminal/output.ts';
import { askChoice, canAsk } from '../terminal/prompt.ts';
import type { Client } from './client.ts';

export interface EndingOptions {
  /** Names or ids of tokens. */
  keepToken?: string[];
  keepTokens?: boolean;
  endLinks?: boolean;
}

/** Of the body of a request. */
export interface Ending {
  keepTokens: boolean | string[];
  endLinks: boolean;
}

/** Where nobody is signed in yet, so that nothing can be listed. */
export function endingFrom({ keepTokens = false, endLinks = false }: EndingOptions): Ending {
  return { keepTokens, endLinks };
}

export interface ChosenEnding {
  json: Ending;
  /** Tells what ended, and what was kept, after it was done. */
  tell(): void;
  /** The same for programs. */
  outcome: { revokedTokens: string[]; endedLinks: string[] };
}

/**
 * Finds which tokens and links end. A person on a terminal is shown them before, and asked unless options say it.
 * @throws `not-found` for a token that is not there; `aborted` when the person says no
 */
export async function chooseEnding(client: Client, options: EndingOptions): Promise<ChosenEnding> {
  const tokens = (await client.json<Page<TokenView>>('/api/v1/tokens')).items;
  const all = (await client.json<Page<ShareView>>('/api/v1/shares')).items;
  const links = all.filter(({ state }) => state === 'live');
  const named = (options.keepToken ?? []).map((which) => onlyOne(called(tokens, which), 'token', which).id);
  const linksEnd = options.endLinks === true;
  let keepTokens = options.keepTokens === true || named;
  const isKept = ({ id }: TokenView) => keepTokens === true || keepTokens.includes(id);
  const isAsked = canAsk() && options.keepTokens === undefined && named.length === 0 && tokens.length > 0;
  const tell = (print: (line: string) => void, will: boolean) => {
    const revoked = tokens.filter((token) => !isKept(token));
    list(print, `These access tokens ${will ? 'will be' : 'were'} revoked:`, revoked.map(tokenWords));
    list(print, 'These access tokens are kept:', tokens.filter(isKept).map(tokenWords));
    const becomes = linksEnd ? (will ? 'will end' : 'have ended') : 'keep working';
    list(print, `These share links ${becomes}:`, links.map(linkWords));
  };
  if (isAsked) {
    tell(printNotice, true);
    const answer = await askChoice('Revoke these tokens? [y]es, [k]eep them, [n]o, change nothing: ', 'ykn');
    if (answer === 'n') throw new PeerstorError('aborted', 'Nothing was changed.');
    if (answer === 'k') keepTokens = true;
  }
  return {
    json: { keepTokens, endLinks: linksEnd },
    tell: () => tell(printLine, false),
    outcome: {
      revokedTokens: tokens.filter((token) => !isKept(token)).map(({ id }) => id),
      endedLinks: linksEnd ? links.map(({ id }) => id) : [],
    },
  };
}

function list(print: (line: string) => void, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  print(title);
  for (const line of lines) print(`  ${line}`);
}

function tokenWords({ id, name, rights, path, createdAt }: TokenView): string {
  return `${id.slice(0, 8)}  ${name}  ${rights} ${path ?? '(gone)'}  made ${formatTime(createdAt)}`;
}

function linkWords({ id, entryName, rights, note, createdAt }: ShareView): string {
  const words = `${id.slice(0, 8)}  ${entryName ?? '(gone)'}  ${rights}  made ${formatTime(createdAt)}`;
  return note === '' ? words : `${words}  ${note}`;
}
