/** The paths that a scan found, packed: for a snapshot, which lists all of them, in the order of the paths. */
import { below, type ScannedFolder } from './scanner.ts';

export interface ListedPath {
  kind: 'file' | 'folder';
  path: string;
  executable: boolean;
}

interface PackedFolder {
  /** Names joined by `/`, which no name has in it. */
  files: string;
  executables: string;
  folders: string;
}

export class SourceListing {
  readonly #folders = new Map<string, PackedFolder>();

  get isEmpty(): boolean {
    const top = this.#folders.get('');
    return !top || (top.files === '' && top.folders === '');
  }

  add({ path, folders, files }: ScannedFolder): void {
    const marked = files.filter(({ facts }) => facts.executable === true);
    this.#folders.set(path, {
      files: files.map(({ name }) => name).join('/'),
      executables: marked.map(({ name }) => name).join('/'),
      folders: folders.join('/'),
    });
  }

  /** The order is that of whole paths: `a`, `a.txt`, `a/b`. So what is in a folder may come some lines after it. */
  *inOrder(): Generator<ListedPath> {
    const stack = [this.#itemsOf('')];
    for (let items = stack.at(-1); items; items = stack.at(-1)) {
      const item = items.pop();
      if (item === undefined) stack.pop();
      else if ('inside' in item) stack.push(this.#itemsOf(item.inside));
      else yield item.listed;
    }
  }

  /** Last first. */
  #itemsOf(path: string) {
    const packed = this.#folders.get(path);
    const executables = new Set(split(packed?.executables));
    const files = split(packed?.files).map((name) => {
      const listed: ListedPath = { kind: 'file', path: below(path, name), executable: executables.has(name) };
      return { order: name, listed };
    });
    const folders = split(packed?.folders).flatMap((name) => {
      const listed: ListedPath = { kind: 'folder', path: below(path, name), executable: false };
      return [
        { order: name, listed },
        { order: `${name}/`, inside: listed.path },
      ];
    });
    return [...files, ...folders].sort((left, right) => (left.order < right.order ? 1 : -1));
  }
}

function split(names: string | undefined): string[] {
  return names ? names.split('/') : [];
}
