/** Whom a user may name, and how they are shown. */
import { sharesMax } from '../../../crypto/index.ts';
import type { TrusteesWish } from '../../../model/accounts/account-recovery.ts';
import type { TrusteesBody } from '../../../model/accounts/recovery-records.ts';
import type { CatalogReader } from '../../../model/contracts/catalog.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type UserId, userId } from '../../../model/ids.ts';
import { trusteesMax, trusteeWaitHoursMax, trusteeWaitHoursMin } from '../../../model/limits.ts';
import type { TrusteesView, TrusteeView } from '../../../model/views/recovery.ts';
import { sealingKeyOf } from '../../keys/user-keys.ts';
import { requireUserNamed } from '../../users/named-users.ts';
import type { Trustee } from './trustee-shares.ts';

const hourMs = 3_600_000;

/** @throws `bad-input`, `not-found`, `conflict` for a name that two users have */
export async function chosenTrustees(
  catalog: CatalogReader,
  self: UserId,
  { users, devices, needed, waitHours }: TrusteesWish,
): Promise<{ trustees: Trustee[]; needed: number; waitMs: number }> {
  const trustees = new Map<string, Trustee>();
  for (const typed of users) {
    const { id } = await requireUserNamed(catalog, typed);
    if (id === self) throw bad('You cannot name yourself: name others, or devices.');
    const sealingKey = sealingKeyOf(catalog, id);
    if (!sealingKey) throw bad(`${typed} cannot help yet: this device lacks their key.`);
    trustees.set(id, { kind: 'user', id, sealingKey });
  }
  for (const id of devices) trustees.set(id, deviceTrustee(catalog, id));
  if (trustees.size > Math.min(trusteesMax, sharesMax)) throw bad(`Name at most ${trusteesMax}.`);
  if (!Number.isInteger(needed) || needed < 2)
    throw bad('At least two must be needed: one alone could take the account.');
  if (needed > trustees.size) throw bad(`${needed} are needed, but only ${trustees.size} are named.`);
  if (!(waitHours >= trusteeWaitHoursMin && waitHours <= trusteeWaitHoursMax)) {
    throw bad(`The wait is ${trusteeWaitHoursMin} to ${trusteeWaitHoursMax} hours.`);
  }
  return { trustees: [...trustees.values()], needed, waitMs: Math.round(waitHours * hourMs) };
}

function deviceTrustee(catalog: CatalogReader, id: string): Trustee {
  const body = catalog.get('device', id)?.body;
  if (!body || body.state === 'removed') throw bad('One of these devices is none of this network.');
  // What such a device writes for a user counts nowhere.
  if (body.storageOnly) throw bad(`${body.name} only keeps copies, so it cannot help.`);
  if (!body.sealingKey) throw bad(`${body.name} cannot help yet: it has to be updated first.`);
  return { kind: 'device', id, sealingKey: body.sealingKey };
}

export function trusteesView(
  catalog: CatalogReader,
  body: TrusteesBody | undefined,
): TrusteesView | undefined {
  if (!body) return undefined;
  const { needed, waitMs, madeAt, shares } = body;
  const trustees = shares.map(({ kind, id }) => trusteeView(catalog, kind, id));
  return { needed, waitHours: waitMs / hourMs, madeAt: new Date(madeAt).toISOString(), trustees };
}

function trusteeView(catalog: CatalogReader, kind: 'user' | 'device', id: string): TrusteeView {
  if (kind === 'user') {
    const body = catalog.get('user', userId(id))?.body;
    return {
      kind,
      id,
      name: body?.username ?? '',
      present: body !== undefined && body !== null && !body.disabled,
    };
  }
  const body = catalog.get('device', id)?.body;
  return {
    kind,
    id,
    name: body?.name ?? '',
    present: body !== undefined && body !== null && body.state !== 'removed',
  };
}

function bad(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence);
}
