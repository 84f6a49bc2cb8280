/** Records of how others help a user back in, when password and recovery words are lost. Byte formats: docs/FORMAT.md. */

/** In the bundle of a user: who holds a share of what opens their recovery words. */
export interface TrusteesBody {
  /** Shares that are enough, 2 or more. */
  needed: number;
  /** A trustee gives the share no sooner than this after their device first saw the request. */
  waitMs: number;
  madeAt: number;
  /** The recovery words, under a key from the secret that was split (`trustee-words/1`). */
  words: Uint8Array;
  /** That secret under a key of the user, so that new words need no new shares (`trustee-secret/1`). */
  secret: Uint8Array;
  shares: readonly TrusteeShare[];
}

export interface TrusteeShare {
  kind: 'user' | 'device';
  /** UserId or DeviceId. */
  id: string;
  /** HPKE to the sealing key of the user or device (`trustee-share/1`): CBOR {user, share}. */
  sealed: Uint8Array;
}

/**
 * id: 16 bytes of the request ‖ '.' ‖ whoever signs. What is said of a request to be helped back into an account:
 * a member device makes it, the user may stop it, and trustees answer it with their shares.
 */
export interface RecoveryBody {
  /** Whose account it is. */
  user: string;
  says: 'request' | 'stop' | 'share';
  /** Of a request: the X25519 key to which shares are sealed. The id of the request is made from it. */
  key?: Uint8Array;
  /** Of a request: Unix ms. */
  createdAt?: number;
  /** Of a share: HPKE to that key (`trustee-answer/1`): CBOR {request, share}. */
  sealed?: Uint8Array;
}
