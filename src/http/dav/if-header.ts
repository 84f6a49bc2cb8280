/** The header `If` of WebDAV (RFC 4918, section 10.4). */
import { PeerstorError } from '../../model/errors.ts';
import { ifConditionsMax } from '../limits/http-limits.ts';

export interface IfCondition {
  not: boolean;
  /** A lock token or an entity tag with its quotation marks. */
  kind: 'token' | 'etag';
  value: string;
}

/** Conditions that hold together, of the resource that is named or, where none is, of the request's. */
export interface IfList {
  resource: string | undefined;
  conditions: IfCondition[];
}

/**
 * Reads the header from left to right, once.
 * @returns lists of which one must hold; none where there is no header
 * @throws `bad-request`
 */
export function parseIf(header: string | undefined): IfList[] {
  if (header === undefined) return [];
  const lists: IfList[] = [];
  let at = 0;
  let total = 0;
  let resource: string | undefined;
  const skip = () => {
    while (header[at] === ' ' || header[at] === '\t') at += 1;
  };
  /** What stands before the closing mark. */
  const until = (mark: string): string => {
    const end = header.indexOf(mark, at + 1);
    if (end === -1) throw malformed();
    const value = header.slice(at + 1, end);
    at = end + 1;
    return value;
  };
  const condition = (): IfCondition => {
    const not = /^not(?=[\s<[])/i.test(header.slice(at, at + 4));
    if (not) at += 3;
    skip();
    if (header[at] === '<') return { not, kind: 'token', value: until('>') };
    if (header[at] === '[') return { not, kind: 'etag', value: until(']') };
    throw malformed();
  };
  for (skip(); at < header.length; skip()) {
    if (header[at] === '<') {
      resource = until('>');
      continue;
    }
    if (header[at] !== '(') throw malformed();
    at += 1;
    const conditions: IfCondition[] = [];
    for (skip(); header[at] !== ')'; skip()) conditions.push(condition());
    at += 1;
    total += conditions.length;
    if (conditions.length === 0 || total > ifConditionsMax) throw malformed();
    lists.push({ resource, conditions });
  }
  if (lists.length === 0) throw malformed();
  return lists;
}

/** Lock tokens that the header shows, whatever it says of them. */
export function tokensIn(lists: readonly IfList[]): Set<string> {
  const conditions = lists.flatMap((list) => list.conditions);
  return new Set(conditions.filter(({ kind }) => kind === 'token').map(({ value }) => value));
}

function malformed(): PeerstorError {
  return new PeerstorError('bad-request', 'The header "If" is not as RFC 4918 has it.');
}
