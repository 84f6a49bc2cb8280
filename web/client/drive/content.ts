/** Contents of files, to be shown on the page as text. */
import type { EntryView } from '../../../src/model/api.ts';
import { api } from '../api.ts';
import { problemFrom } from '../request.ts';

/** More than this is not shown: a page of text this long is slow enough. */
export const textBytesMax = 1_000_000;

export interface FileText {
  text: string;
  /** The file goes on. */
  isCut: boolean;
}

/** The beginning of a file as text, whatever it is: bytes that are no UTF-8 show as replacement characters. */
export async function fileText(entry: EntryView, signal: AbortSignal): Promise<FileText> {
  if (entry.size === 0) return { text: '', isCut: false };
  const response = await fetch(api.viewUrl(entry), {
    signal,
    headers: { Range: `bytes=0-${textBytesMax - 1}` },
  });
  if (!response.ok) throw problemFrom(response.status, await response.text());
  return { text: await response.text(), isCut: entry.size > textBytesMax };
}
