/** Finds the user whom a typed name means. A name of two users means neither. */
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import { shortId, type UserId, userId } from '../../model/ids.ts';
import { foldDisplayName } from '../../model/names/display-name.ts';
import { hlcTicksPerMs } from '../../model/records.ts';

export interface NamedUser {
  id: UserId;
  username: string;
  disabled: boolean;
}

/** Usually one user. Devices that are not connected may give a name twice; then only ids tell the users apart. */
export async function usersNamed(catalog: CatalogReader, typed: string): Promise<NamedUser[]> {
  const wanted = foldDisplayName(typed);
  const users: NamedUser[] = [];
  for await (const { id, body } of catalog.list('user')) {
    if (!body || (foldDisplayName(body.username) !== wanted && id !== typed)) continue;
    users.push({ id: userId(id), username: body.username, disabled: body.disabled });
  }
  return users;
}

/**
 * Finds the one user whom a name means.
 * @param typed a username, in any case; or a user id
 * @throws `not-found`; `conflict` where it means two users, naming the device and day of each one's record
 */
export async function requireUserNamed(catalog: CatalogReader, typed: string): Promise<NamedUser> {
  const enabled = (await usersNamed(catalog, typed)).filter(({ disabled }) => !disabled);
  const [user] = enabled;
  if (!user) throw new PeerstorError('not-found', 'There is no such user.');
  if (enabled.length > 1) throw twins(catalog, enabled);
  return user;
}

/** @returns the error for a name that several users have */
export function twins(catalog: CatalogReader, users: readonly NamedUser[]): PeerstorError {
  const told = users.map(({ id, username }) => {
    const record = catalog.get('user', id);
    const device = record && (catalog.get('device', record.device)?.body?.name ?? shortId(record.device));
    const day = record && new Date(record.hlc / hlcTicksPerMs).toISOString().slice(0, 10);
    return { id, username, device: device ?? '', day: day ?? '' };
  });
  const list = told
    .map(({ id, device, day }) => `${shortId(id)}… (written on ${device}, ${day})`)
    .join(' and ');
  const sentence = `This name means ${users.length} users: ${list}. Give the id of the right one, or let an admin disable the other.`;
  return new PeerstorError('conflict', sentence, { details: { users: told } });
}
