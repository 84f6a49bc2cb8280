/** Files as a person picked or dropped them, folders walked to their files. */

export interface PickedFile {
  /** Names from the dropped folder to the file; one name for a single file. */
  names: string[];
  file: File;
}

export function pickedFiles(files: FileList | null): PickedFile[] {
  return [...(files ?? [])].map((file) => ({ names: [file.name], file }));
}

/** Must be called inside the drop event: entries of a DataTransfer vanish after it. */
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
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ names, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives at most 100 entries at a time; an empty answer is the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, names, found);
  }
}
