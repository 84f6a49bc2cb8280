/** The crypto room's door. Everything that seals, hashes, signs or derives keys comes from here. */

export {
  type Authority,
  type Certificate,
  fingerprintOf,
  isVouchable,
  madeAtMs,
  newAuthority,
  newLeaf,
  publicKeyOf,
  vouchedBy,
  vouchFor,
} from './certificate.ts';
export {
  chunkIdOf,
  matchesId,
  openChunk,
  openChunkInPlace,
  payloadAt,
  resealChunk,
  type SealedChunk,
  sealChunk,
} from './chunks/chunk.ts';
export {
  type ChunkSlot,
  type Manifest,
  manifestFormat,
  openManifest,
  type Reference,
  readReferences,
  sealManifest,
} from './chunks/manifest.ts';
export { openFromNow } from './chunks/open-sealed-now.ts';
export { sealingThread } from './chunks/sealing-thread.ts';
export { type CpaceInput, type CpaceOutcome, type CpaceRole, type CpaceSide, startCpace } from './cpace.ts';
export { decode, encode, isFields } from './encoding/canonical.ts';
export { grantedId, grantedNonceBytesMax, grantedNonceBytesMin } from './granted-id.ts';
export {
  type Checksum,
  createChecksum,
  createSha256,
  equalBytes,
  hkdf,
  hmacSha256,
  type Sha256,
  sha256,
  sha256Async,
} from './hash.ts';
export { isAffordable, newPasswordKdf, type PasswordKdf, passwordKey } from './password.ts';
export { newKey, randomBytes, randomId16 } from './random.ts';
export {
  checkWords,
  newRecoveryClaim,
  newRecoveryCode,
  recoveryClaimSeed,
  recoveryKey,
} from './recovery-code.ts';
export {
  type ContentHash,
  createContentHash,
  requestSignature,
  requestSigningKey,
  type SignatureScope,
} from './request-signature.ts';
export { open, seal, sealBytesAdded } from './seal.ts';
export { newSealingKey, openFrom, type SealingKey, sealingKeyFromSeed, sealTo } from './sealing-key.ts';
export { combineShares, sharesMax, splitSecret } from './shares.ts';
export { newSigningKey, type SigningKey, signingKeyFromSeed, verify, verifyAsync } from './signature.ts';
export { base32, matchingTotpStep, newTotpSecret, totpAddress, totpCode, totpStep } from './totp.ts';
