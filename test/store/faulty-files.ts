/** The real files, with faults where a test wants them. */
import { type DiskFiles, nodeFiles, type OpenFile } from '../../src/store/files/disk-files.ts';

export type FileOperation = keyof DiskFiles | keyof OpenFile;

/** Asked before each operation; what it returns is thrown instead. */
export type Fault = (operation: FileOperation, path: string) => Error | undefined;

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code });
}

/** @param overrides answers of its own for whole operations, such as `space` */
export function faultyFiles(fault: Fault, overrides: Partial<DiskFiles> = {}): DiskFiles {
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
    async open(path, mode) {
      meet('open', path);
      const file = await files.open(path, mode);
      return {
        write: (parts, at) => guarded('write', () => file.write(parts, at))(path),
        read: (parts, at) => guarded('read', () => file.read(parts, at))(path),
        size: () => guarded('size', () => file.size())(path),
        hasName: () => guarded('hasName', () => file.hasName())(path),
        truncate: (bytes) => guarded('truncate', () => file.truncate(bytes))(path),
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
    kind: guarded('kind', files.kind),
    isMountPoint: guarded('isMountPoint', files.isMountPoint),
    identity: guarded('identity', files.identity),
    space: guarded('space', files.space),
  };
}
