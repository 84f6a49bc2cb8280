/** Files as a person picked or dropped them, folders walked to their files. */
import { t } from '../words/words.ts';

export interface PickedFile {
  /** Names from the dropped folder to the file; one name for a single file. */
  names: string[];
  /** null for a folder without files, and for what could not be read. */
  file: File | null;
  /** Why the browser could not read it. */
  problem?: string;
}

/** Of a file dialog; one that picks whole folders gives paths, without folders that hold nothing. */
export function pickedFiles(files: Iterable<File> | null): PickedFile[] {
  return [...(files ?? [])].map((file) => ({
    names: file.webkitRelativePath ? file.webkitRelativePath.split('/') : [file.name],
    file,
  }));
}

/**
 * Must be called inside the drop event: entries of a DataTransfer vanish after it. What cannot be
 * read is in the answer with its problem: one such file keeps no other from being sent.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<PickedFile[]> {
  const dropped = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: PickedFile[] = [];
  for (const { entry, file } of dropped) {
    if (entry) await walk(entry, [], found);
    // Something that is no file on a disk, such as an image dragged out of a page.
    else if (file) found.push({ names: [file.name], file });
  }
  return found;
}

async function walk(entry: FileSystemEntry, above: string[], found: PickedFile[]): Promise<void> {
  const names = [...above, entry.name];
  try {
    if (entry.isFile) found.push({ names, file: await fileOf(entry as FileSystemFileEntry) });
    else await walkFolder(entry as FileSystemDirectoryEntry, names, found);
  } catch (error) {
    found.push({ names, file: null, problem: problemOf(error, entry.isFile ? 'file' : 'folder') });
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function walkFolder(
  folder: FileSystemDirectoryEntry,
  names: string[],
  found: PickedFile[],
): Promise<void> {
  const reader = folder.createReader();
  for (let isEmpty = true; ; isEmpty = false) {
    // A reader gives at most 100 entries at a time; an empty answer is the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) {
      if (isEmpty) found.push({ names, file: null });
      return;
    }
    for (const child of batch) await walk(child, names, found);
  }
}

function problemOf(error: unknown, kind: 'file' | 'folder'): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotFoundError') {
    return kind === 'file'
      ? t('This file was moved or deleted before it could be read.')
      : t('This folder was moved or deleted before it could be read.');
  }
  return kind === 'file'
    ? t('Your browser may not read this file. Check its permissions, then drop it again.')
    : t('Your browser may not read this folder. Check its permissions, then drop it again.');
}
