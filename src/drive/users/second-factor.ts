/** The secret of a user's authenticator app, sealed in the user's bundle: reading it needs an open bundle. */
import { decode, encode, hkdf, isFields, open, seal } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { Sealed } from '../../model/records.ts';
import type { UserKeys } from '../keys/user-keys.ts';

const sealLabel = 'second-factor/1';

export function sealSecondFactor(keys: UserKeys, secret: Uint8Array): Sealed {
  return seal(keyOf(keys), sealLabel, encode({ totp: secret }));
}

/** @throws `forbidden` or `bad-record` for a secret that this user did not seal: nobody may sign in past it */
export function openSecondFactor(keys: UserKeys, sealed: Sealed): Uint8Array {
  const fields = decode(open(keyOf(keys), sealLabel, sealed));
  if (isFields(fields) && fields.totp instanceof Uint8Array) return fields.totp;
  throw new PeerstorError(
    'bad-record',
    'The second factor of this account is damaged: use the recovery words.',
  );
}

function keyOf(keys: UserKeys): Uint8Array {
  return hkdf(keys.signing.seed, 'second-factor-key/1');
}
