/** What a page sees of passkeys. */

/** A passkey of the one who asks. */
export interface PasskeyView {
  /** Credential id, base64url. */
  id: string;
  /** Empty where it cannot be read. */
  name: string;
  /** The host in the address of the page where it works. */
  host: string;
  createdAt: string;
}
