/** An authenticator in software (WebAuthn Level 3): ES256, a secret for each salt, its owner always there. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type {
  PasskeyAnswer,
  PasskeyQuestion,
  PasskeySite,
} from '../../../src/model/contracts/own-account.ts';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
const base64Url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

export class SoftwareAuthenticator {
  readonly #id = randomBytes(16);
  readonly #secret = randomBytes(32);
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  });
  /** False: its owner did not prove to be there. */
  isOwnerThere = true;

  create({ options, salt }: PasskeyQuestion, site: PasskeySite): PasskeyAnswer {
    const clientData = this.#clientData('webauthn.create', options, site);
    const length = Buffer.from([0, this.#id.length]);
    const data = this.#data(site.host, 0x40, [Buffer.alloc(16), length, this.#id, this.#coseKey()]);
    // {"fmt": "none", "attStmt": {}, "authData": data}
    const head = Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex');
    const size = Buffer.from([data.length >> 8, data.length & 0xff]);
    const attestationObject = base64Url(Buffer.concat([head, size, data]));
    return this.#answer({ clientDataJSON: base64Url(clientData), attestationObject }, salt);
  }

  get({ options, salt }: PasskeyQuestion, site: PasskeySite): PasskeyAnswer {
    const clientData = this.#clientData('webauthn.get', options, site);
    const data = this.#data(site.host, 0, []);
    const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), this.#keys.privateKey);
    const response = {
      clientDataJSON: base64Url(clientData),
      authenticatorData: base64Url(data),
      signature: base64Url(signature),
    };
    return this.#answer(response, salt);
  }

  #answer(response: object, salt: Uint8Array): PasskeyAnswer {
    const id = base64Url(this.#id);
    const credential = { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
    return { credential, secret: createHmac('sha256', this.#secret).update(salt).digest() };
  }

  #clientData(type: string, options: object, { origin }: PasskeySite): Buffer {
    const { challenge } = options as { challenge: string };
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  #data(host: string, flags: number, more: Buffer[]): Buffer {
    const own = flags | 1 | (this.isOwnerThere ? 4 : 0);
    return Buffer.concat([sha256(host), Buffer.from([own, 0, 0, 0, 0]), ...more]);
  }

  /** {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053 section 7.1.1) */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    const coordinate = (label: number, text: string) =>
      Buffer.concat([Buffer.from([label, 0x58, 32]), Buffer.from(text, 'base64url')]);
    return Buffer.concat([Buffer.from('a5010203262001', 'hex'), coordinate(0x21, x), coordinate(0x22, y)]);
  }
}
