/** Contents of files, to be shown on the page. */
import type { EntryView, VersionView } from '../../../src/model/api.ts';
import { api } from '../api.ts';
import { problemFrom } from '../request.ts';

/** More than this is not shown: a page of text this long is slow enough. */
export const textBytesMax = 1_000_000;

/** Something that can be looked at: a file, one version of it, or a file inside of an archive. */
export interface Source {
  /** Tells it from all others. */
  key: string;
  name: string;
  mime: string | null;
  /** Bytes. */
  size: number;
  /** What an element of the page fetches by itself. */
  address: string;
  /** Bytes [start, end); an end beyond the content gives what there is. */
  read(start: number, end: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** The content of a file, or of one of its versions. */
export function sourceOf(entry: EntryView, version?: Pick<VersionView, 'id' | 'size'>): Source {
  const { id, name, mime } = entry;
  return sourceAt({
    key: `${id} ${version?.id ?? entry.version}`,
    name,
    mime,
    size: version?.size ?? entry.size,
    address: api.viewUrl(entry, version?.id),
  });
}

/** Something that a device gives at an address, by ranges. */
export function sourceAt(facts: Omit<Source, 'read'>): Source {
  const read: Source['read'] = async (start, end, signal) => {
    const last = Math.min(end, facts.size) - 1;
    if (last < start) return new Uint8Array();
    const response = await fetch(facts.address, { signal, headers: { Range: `bytes=${start}-${last}` } });
    if (!response.ok) throw problemFrom(response.status, await response.text());
    return new Uint8Array(await response.arrayBuffer());
  };
  return { ...facts, read };
}

export interface FileText {
  text: string;
  /** The file goes on. */
  isCut: boolean;
}

/** The beginning of a file as text, whatever it is: bytes that are no UTF-8 show as replacement characters. */
export async function textOf(source: Source, signal: AbortSignal): Promise<FileText> {
  const bytes = await source.read(0, textBytesMax, signal);
  return { text: new TextDecoder().decode(bytes), isCut: source.size > textBytesMax };
}
