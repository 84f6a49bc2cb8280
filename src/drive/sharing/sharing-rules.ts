/** Rules for the fields of a share. Pure. */
import type { RightsView } from '../../model/api.ts';
import type { LinkWish } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { checkLinkPassword } from '../users/account-rules.ts';

/** Characters of what people write about a link or token. */
const noteLengthMax = 1000;
const rightsKnown: readonly string[] = ['view', 'upload', 'edit'];

/** @throws `bad-input` */
export function checkedLink(wish: LinkWish): LinkWish {
  checkRights(wish.rights);
  checkText(wish.note ?? '');
  checkEnd(wish.expiresAtMs ?? null);
  if (wish.password) checkLinkPassword(wish.password);
  const { maxDownloads = null } = wish;
  if (maxDownloads !== null && !(Number.isSafeInteger(maxDownloads) && maxDownloads > 0)) {
    throw badInput('A number of downloads is a whole number above zero.');
  }
  return wish;
}

/** @throws `bad-input` */
export function checkRights(rights: RightsView): void {
  if (!rightsKnown.includes(rights)) throw badInput('Rights are "view", "upload" or "edit".');
}

/** @throws `bad-input` */
export function checkText(text: string): void {
  if (typeof text === 'string' && text.length <= noteLengthMax && text.isWellFormed()) return;
  throw badInput(`A note has at most ${noteLengthMax} characters.`);
}

/** @throws `bad-input` */
export function checkEnd(expiresAtMs: number | null): void {
  const isTime = expiresAtMs === null || (Number.isSafeInteger(expiresAtMs) && expiresAtMs >= 0);
  if (!isTime || Number.isNaN(new Date(expiresAtMs ?? 0).getTime())) throw badInput('This is not a time.');
}

export function badInput(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence);
}
