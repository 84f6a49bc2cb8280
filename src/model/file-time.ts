/**
 * Times of files. Real ones are kept, however old: a scanned photograph may say 1931. What lies before 1700 is the
 * zero of some system (the year 1601 of Windows, the year 1 of .NET) and means that nobody knows.
 */
export const fileTimeMsMin = Date.UTC(1700, 0);
/** The last year that ISO 8601 writes with four digits. */
export const fileTimeMsMax = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export function isFileTime(ms: number): boolean {
  return ms >= fileTimeMsMin && ms <= fileTimeMsMax;
}

/** The header of an upload that tells when its file was changed; none for a time that no file has: the file matters more. */
export function fileTimeHeader(modifiedMs: number | undefined): { 'x-modified-at'?: string } {
  if (modifiedMs === undefined || !isFileTime(modifiedMs)) return {};
  return { 'x-modified-at': new Date(modifiedMs).toISOString() };
}
