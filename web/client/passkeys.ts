/** Passkeys of the browser: what the device asks, in the form that browsers take, and their answers back. */
import type { SignedInView } from '../../src/model/api.ts';
import type { PasskeyView } from '../../src/model/views/passkeys.ts';
import { t } from '../words/words.ts';
import type { Page } from './query.ts';
import { ask, askForSession } from './request.ts';

interface Question<Options> {
  options: Options;
  /** For the PRF extension, base64url. */
  salt: string;
}

type CreationOptions = PublicKeyCredentialCreationOptionsJSON;
type RequestOptions = PublicKeyCredentialRequestOptionsJSON;

/** Can this browser use passkeys at this address? They need a name, and https unless it is localhost. */
export function arePasskeysPossible({ hostname } = location): boolean {
  const isAddress = /^\[|^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);
  return !isAddress && isSecureContext && typeof PublicKeyCredential !== 'undefined';
}

export const passkeys = {
  list: () => ask<Page<PasskeyView>>('GET', '/api/v1/auth/passkeys'),
  rename: (id: string, name: string) => ask<PasskeyView>('PATCH', `/api/v1/auth/passkeys/${id}`, { name }),
  remove: (id: string) => ask<void>('DELETE', `/api/v1/auth/passkeys/${id}`),

  /** Asks the authenticator for a new passkey, and for its secret. @throws Error with a sentence for people */
  async add(name: string, password: string): Promise<PasskeyView> {
    const question = await ask<Question<CreationOptions>>('POST', '/api/v1/auth/passkeys/new', { password });
    const created = await navigator.credentials.create({
      publicKey: {
        ...PublicKeyCredential.parseCreationOptionsFromJSON(question.options),
        extensions: prfOf(question.salt),
      },
    });
    const credential = requireCredential(created);
    const { prf } = credential.getClientExtensionResults();
    if (prf?.enabled === false) throw lacksSecret();
    const secret = secretOf(credential) ?? (await askForSecret(credential, question));
    const answer = { credential: credential.toJSON(), secret: toBase64Url(secret) };
    return ask<PasskeyView>('POST', '/api/v1/auth/passkeys', { ...answer, name });
  },

  async signIn(): Promise<SignedInView> {
    const question = await ask<Question<RequestOptions>>('POST', '/api/v1/auth/passkeys/question', {});
    const got = await navigator.credentials.get({
      publicKey: {
        ...PublicKeyCredential.parseRequestOptionsFromJSON(question.options),
        extensions: prfOf(question.salt),
      },
    });
    const credential = requireCredential(got);
    const secret = secretOf(credential);
    if (!secret) throw lacksSecret();
    return askForSession<SignedInView>('/api/v1/auth/passkeys/login', {
      credential: credential.toJSON(),
      secret: toBase64Url(secret),
    });
  },
};

/** Some authenticators give their secret only when they sign in: this asks for it at once, for no other use. */
async function askForSecret(
  { rawId }: PublicKeyCredential,
  { options, salt }: Question<CreationOptions>,
): Promise<Uint8Array> {
  const got = await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      ...(options.rp.id !== undefined && { rpId: options.rp.id }),
      allowCredentials: [{ type: 'public-key', id: rawId }],
      userVerification: 'required',
      extensions: prfOf(salt),
    },
  });
  const secret = secretOf(requireCredential(got));
  if (!secret) throw lacksSecret();
  return secret;
}

function prfOf(salt: string): AuthenticationExtensionsClientInputs {
  return { prf: { eval: { first: fromBase64Url(salt) } } };
}

function secretOf(credential: PublicKeyCredential): Uint8Array | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return undefined;
  return first instanceof ArrayBuffer ? new Uint8Array(first) : new Uint8Array(first.buffer);
}

function requireCredential(credential: Credential | null): PublicKeyCredential {
  if (credential instanceof PublicKeyCredential) return credential;
  throw new Error(t('The browser gave no passkey.'));
}

function lacksSecret(): Error {
  return new Error(
    t(
      'This passkey proves who you are, but it cannot open your files (it lacks the PRF extension). Use another one, or an authenticator app beside your password.',
    ),
  );
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function toBase64Url(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
