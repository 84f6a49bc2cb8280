/** Fills in the templates of packagers that fetch a release by its address and sum: Homebrew the npm module, winget the program for Windows. */
import { createHash } from 'node:crypto';

export interface TemplateFacts {
  version: string;
  /** https address of the folder with the files of the release. */
  address: string;
  /** The file whose sum is named. */
  content: Uint8Array | undefined;
}

/** @throws Error for facts that would break the file, and where a sum is asked for a file that is not there */
export function filledTemplate(text: string, { version, address, content }: TemplateFacts): string {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`"${version}" is no version.`);
  if (!/^https:\/\/[\w.:/~-]+[^/]$/.test(address))
    throw new Error('The address is https, without a / at its end.');
  if (text.includes('SHA256') && content === undefined)
    throw new Error('The file of the release is not there.');
  const sum = createHash('sha256')
    .update(content ?? '')
    .digest('hex');
  return text
    .replace(/^# Template.*\n/, '')
    .replaceAll('VERSION', version)
    .replaceAll('ADDRESS', address)
    .replaceAll(/"SHA256"|\bSHA256$/gm, (place) => place.replace('SHA256', sum));
}
