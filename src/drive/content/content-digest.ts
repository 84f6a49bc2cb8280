/** The digest of a version's plain content, `VersionFacts.contentDigest` (FORMAT). */
import { createSha256 } from '../../crypto/index.ts';

const label = new TextEncoder().encode('peerstor content/1\0');

/**
 * SHA-256 over "peerstor content/1" ‖ 0x00 ‖ h₁ ‖ h₂ ‖ …, where hᵢ = SHA-256(0x00 ‖ plain bytes of
 * chunk i). Content inside the manifest counts as one chunk, empty content has none. For a raw chunk
 * hᵢ is the hash that its key is derived from, so the digest costs no pass over the bytes.
 *
 * Equal digests mean equal content. Equal content has equal digests only if it was cut in the same
 * places: by the same cutter with the same user's gear table. It is NOT the SHA-256 that `sha256sum`
 * prints, and must not be shown as such.
 */
export class ContentDigest {
  readonly #hash = createSha256();

  constructor() {
    this.#hash.update(label);
  }

  /** @param plainHash SHA-256(0x00 ‖ plain bytes) of the next chunk */
  add(plainHash: Uint8Array): void {
    this.#hash.update(plainHash);
  }

  digest(): Uint8Array {
    return this.#hash.digest();
  }
}
