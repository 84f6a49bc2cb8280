import type { SigningKeys } from '../../support/s3-client.ts';

/** One request of a fuzz run. */
export interface Shot {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: Buffer;
  /** So many bytes of the body are sent, then the connection ends. */
  cutAt?: number;
  /** Name of a file in /made, which no other shot aims at, that is there after it exactly if it was answered with 2xx. */
  makes?: string;
}

/** What there is to hit. */
export interface Aim {
  token: string;
  keys: SigningKeys;
  host: string;
  session: Readonly<Record<string, string>>;
  folderId: string;
  fileId: string;
  /** An upload by tus that is under way. */
  uploadId: string;
}
