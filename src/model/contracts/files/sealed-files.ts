/**
 * Files that a room keeps in the home of the device and can make anew: it seals what it writes. A file is replaced
 * whole, or stays as it was.
 */
export interface SealedFiles {
  /**
   * @param name lower-case letters and digits
   * @throws `storage-failed`, `disk-full`
   */
  write(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes, cut anyhow; none where there is no such file. Throws `storage-failed`. */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** Keeps nothing. */
export const noSealedFiles: SealedFiles = {
  write: () => Promise.resolve(),
  async *read() {
    // Nothing is kept.
  },
};
