/**
 * The protocol of passkeys (WebAuthn Level 3), spoken by a library that is loaded when somebody first needs it: few do,
 * and it takes 26 MB.
 */

import type { PasskeySite } from '../../../model/contracts/own-account.ts';
import { PeerstorError } from '../../../model/errors.ts';

const load = () => import('@simplewebauthn/server');

export interface Known {
  id: string;
  publicKey: Uint8Array;
}

/** What a browser is asked for a new passkey: one that is found without a name, and whose owner proves to be there. */
export async function creationOptions(
  { host }: PasskeySite,
  challenge: Uint8Array<ArrayBuffer>,
  owner: { id: Uint8Array<ArrayBuffer>; name: string; known: readonly string[] },
): Promise<object> {
  const { generateRegistrationOptions } = await load();
  return generateRegistrationOptions({
    rpName: 'peerstor',
    rpID: host,
    challenge,
    userID: owner.id,
    userName: owner.name,
    attestationType: 'none',
    excludeCredentials: owner.known.map((id) => ({ id })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: [-8, -7, -257],
  });
}

export async function requestOptions(
  { host }: PasskeySite,
  challenge: Uint8Array<ArrayBuffer>,
): Promise<object> {
  const { generateAuthenticationOptions } = await load();
  return generateAuthenticationOptions({ rpID: host, challenge, userVerification: 'required' });
}

/** @throws `bad-input` for what is no answer to this challenge at this site */
export async function verifyCreation(
  { origin, host }: PasskeySite,
  challenge: string,
  credential: unknown,
): Promise<Known> {
  const { verifyRegistrationResponse } = await load();
  type Response = Parameters<typeof verifyRegistrationResponse>[0]['response'];
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: credential as Response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: host,
      requireUserVerification: true,
    });
    if (verified) return registrationInfo.credential;
  } catch (cause) {
    throw new PeerstorError('bad-input', 'This is no new passkey for this page: try again.', { cause });
  }
  throw new PeerstorError('bad-input', 'This is no new passkey for this page: try again.');
}

/** Does the owner of the passkey answer to this challenge, at this site, having proved to be there? */
export async function verifyRequest(
  { origin, host }: PasskeySite,
  challenge: string,
  credential: unknown,
  { id, publicKey }: Known,
): Promise<boolean> {
  const { verifyAuthenticationResponse } = await load();
  type Response = Parameters<typeof verifyAuthenticationResponse>[0]['response'];
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: credential as Response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: host,
      // Passkeys that are kept on several devices do not count.
      credential: { id, publicKey: Uint8Array.from(publicKey), counter: 0 },
      requireUserVerification: true,
    });
    return verified;
  } catch {
    // The library throws for each thing that may be wrong: none of them proves anything.
    return false;
  }
}
