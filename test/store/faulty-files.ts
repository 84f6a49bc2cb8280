/** The real files, with faults where a test wants them. */
import type { BlobFiles } from '../../src/store/blob-files.ts';
import { nodeFiles } from '../../src/store/blob-files.ts';

export type FileOperation = keyof BlobFiles | 'write' | 'read' | 'datasync' | 'close';

/** Asked before each operation; what it returns is thrown instead. */
export type Fault = (operation: FileOperation, path: string) => Error | undefined;

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code });
}

/** @param overrides answers of its own for whole operations, such as `space` */
export function faultyFiles(fault: Fault, overrides: Partial<BlobFiles> = {}): BlobFiles {
  const files = { ...nodeFiles, ...overrides };
  const meet = (operation: FileOperation, path: string) => {
    const error = fault(operation, path);
    if (error !== undefined) throw error;
  };
  const guarded =
    <Rest extends unknown[], Result>(
      operation: FileOperation,
      method: (path: string, ...rest: Rest) => Promise<Result>,
    ) =>
    async (path: string, ...rest: Rest) => {
      meet(operation, path);
      return await method(path, ...rest);
    };
  return {
    async open(path, flags) {
      meet('open', path);
      const file = await files.open(path, flags);
      return {
        write: (bytes) => guarded('write', () => file.write(bytes))(path),
        read: (into) => guarded('read', () => file.read(into))(path),
        datasync: () => guarded('datasync', () => file.datasync())(path),
        close: () => guarded('close', () => file.close())(path),
      };
    },
    rename: guarded('rename', files.rename),
    unlink: guarded('unlink', files.unlink),
    makeFolder: guarded('makeFolder', files.makeFolder),
    makeFolders: guarded('makeFolders', files.makeFolders),
    syncFolder: guarded('syncFolder', files.syncFolder),
    list: guarded('list', files.list),
    size: guarded('size', files.size),
    isMountPoint: guarded('isMountPoint', files.isMountPoint),
    space: guarded('space', files.space),
  };
}
