/** What an error of the file system means for a volume. */

/** The code of a node:fs error, such as `ENOENT`; empty when it has none. */
export function diskCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/**
 * `full`: no room; `gone`: a file or folder is not there; `busy`: this process lacks something for a
 * moment and the disk is not to blame; `broken`: do not trust the disk with new bytes.
 */
export type DiskVerdict = 'full' | 'gone' | 'busy' | 'broken';

const verdicts: Record<string, DiskVerdict> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  ENOENT: 'gone',
  ENOTDIR: 'gone',
  EMFILE: 'busy',
  ENFILE: 'busy',
  ENOMEM: 'busy',
  EAGAIN: 'busy',
  EINTR: 'busy',
};

/** Anything unknown is `broken`: an fsync that failed is never tried again in the hope that it helps. */
export function diskVerdict(error: unknown): DiskVerdict {
  return verdicts[diskCode(error)] ?? 'broken';
}

/** Codes by which a disk says that it cannot give some bytes any more: as good as wrong ones. */
const unreadableCodes = ['EIO', 'EUCLEAN', 'EBADMSG', 'EILSEQ'];

export function isUnreadable(error: unknown): boolean {
  return unreadableCodes.includes(diskCode(error));
}

/** Codes of a disk that takes no writes just now, such as one that was mounted read-only for a moment. */
const readOnlyCodes = ['EROFS', 'EACCES', 'EPERM'];

export function isReadOnly(error: unknown): boolean {
  return readOnlyCodes.includes(diskCode(error));
}
