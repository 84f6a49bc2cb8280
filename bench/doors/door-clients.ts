/** The doors of one device, each used by curl: plain and over TLS, tus, WebDAV, S3. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TokenView } from '../../src/model/api.ts';
import type { DeviceProcess } from '../../test/cluster/device-process.ts';
import { runQuietly } from '../measure.ts';
import { curlAll } from '../peers/peer.ts';

export interface DoorClients {
  put(file: string, path: string, scheme?: 'http' | 'https'): Promise<void>;
  tus(file: string, bytes: number, path: string): Promise<void>;
  get(id: string, scheme?: 'http' | 'https'): Promise<void>;
  getAll(ids: readonly string[]): Promise<void>;
  /** Every file of the folders, one connection for each folder. */
  smallBy(door: SmallDoor, folders: readonly string[], path: string): Promise<void>;
  /** One listing of a folder, to its end. */
  list(door: 'API' | 'WebDAV' | 'S3', folder: string): Promise<void>;
}

export type SmallDoor = 'PUT' | 'tus' | 'WebDAV' | 'S3';
export const smallDoors: readonly SmallDoor[] = ['PUT', 'tus', 'WebDAV', 'S3'];

const base64 = (text: string) => Buffer.from(text).toString('base64');

export async function openDoors(device: DeviceProcess, scratch: string): Promise<DoorClients> {
  const { token = '', accessKeyId = '' } = await device.must<TokenView>('POST', '/api/v1/tokens', {
    json: { name: 'bench' },
  });
  const own = `authorization: Bearer ${token}`;
  const plain = `http://${device.address}`;
  const at = { http: plain, https: `https://${device.address}` };
  // Else curl asks before each body whether it may send it.
  const quiet = ['-sSfk', '-o', '/dev/null', '-H', 'Expect:'];
  const curl = (...args: string[]) => runQuietly('curl', [...quiet, ...args]);
  const tusHeaders = (bytes: number, path: string) => [
    'tus-resumable: 1.0.0',
    `upload-length: ${bytes}`,
    `upload-metadata: path ${base64(path)}`,
    'content-type: application/offset+octet-stream',
  ];
  const signed = ['--aws-sigv4', 'aws:amz:us-east-1:s3', '--user', `${accessKeyId}:${token}`];
  const linesOf = (door: SmallDoor, file: string, path: string): string[] => {
    switch (door) {
      case 'PUT':
        return [`header = "${own}"`, `upload-file = "${file}"`, `url = "${plain}/api/v1/path/${path}"`];
      case 'WebDAV':
        return [`user = "x:${token}"`, `upload-file = "${file}"`, `url = "${plain}/dav/${path}"`];
      case 'S3':
        return [
          'aws-sigv4 = "aws:amz:us-east-1:s3"',
          `user = "${accessKeyId}:${token}"`,
          'header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"',
          `upload-file = "${file}"`,
          `url = "${plain}/s3/${path}"`,
        ];
      case 'tus':
        return [
          ...[own, ...tusHeaders(4096, `/${path}`)].map((header) => `header = "${header}"`),
          `data-binary = "@${file}"`,
          `url = "${plain}/api/v1/uploads"`,
        ];
    }
  };
  return {
    put: (file, path, scheme = 'http') => curl('-H', own, '-T', file, `${at[scheme]}/api/v1/path/${path}`),
    async tus(file, bytes, path) {
      const headers = Object.fromEntries(
        tusHeaders(bytes, `/${path}`).map((line) => line.split(/: (.*)/s) as [string, string]),
      );
      const { 'content-type': type = '', ...begin } = headers;
      const begun = await device.api('POST', '/api/v1/uploads', { headers: begin });
      const address = `${plain}${String(begun.headers.location)}`;
      const session = Object.entries(device.session ?? {}).flatMap(([name, value]) => [
        '-H',
        `${name}: ${value}`,
      ]);
      const part = ['-H', 'tus-resumable: 1.0.0', '-H', 'upload-offset: 0', '-H', `content-type: ${type}`];
      await curl(...session, ...part, '-X', 'PATCH', '-T', file, address);
    },
    get: (id, scheme = 'http') => curl('-H', own, `${at[scheme]}/api/v1/entries/${id}/content`),
    getAll: (ids) =>
      curlAll(
        ids.map((id) => [
          `header = "${own}"`,
          `url = "${plain}/api/v1/entries/${id}/content"`,
          'output = "/dev/null"',
        ]),
        scratch,
      ),
    async smallBy(door, folders, path) {
      const configs = folders.map(async (folder) => {
        const names = (await readdir(folder)).sort();
        // One transfer after another on one connection, each with options of its own.
        return names.flatMap((name, index) => [
          ...(index === 0 ? [] : ['next']),
          'silent',
          'show-error',
          'fail',
          // curl would sign that it leaves this header away; small bodies do not have it anyway.
          ...(door === 'S3' ? [] : ['header = "Expect:"']),
          'output = "/dev/null"',
          ...linesOf(door, join(folder, name), `${path}/${basename(folder)}/${name}`),
        ]);
      });
      await curlAll(await Promise.all(configs), scratch);
    },
    async list(door, folder) {
      if (door === 'WebDAV') {
        return curl('-X', 'PROPFIND', '-H', 'depth: 1', '-u', `x:${token}`, `${plain}/dav/${folder}/`);
      }
      if (door === 'API') {
        const { id } = await device.entryAt(`/${folder}`);
        await device.children(id);
        return;
      }
      for (let after = ''; ; ) {
        const query = `list-type=2&max-keys=1000${after === '' ? '' : `&start-after=${encodeURIComponent(after)}`}`;
        const text = await textOf('curl', [
          '-sSf',
          ...signed,
          '-H',
          'x-amz-content-sha256: UNSIGNED-PAYLOAD',
          `${plain}/s3/${folder}?${query}`,
        ]);
        const keys = [...text.matchAll(/<Key>([^<]*)/g)];
        after = keys.at(-1)?.[1] ?? '';
        if (!text.includes('<IsTruncated>true')) return;
      }
    },
  };
}

async function textOf(command: string, args: string[]): Promise<string> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  return (await promisify(execFile)(command, args, { maxBuffer: 2 ** 26 })).stdout;
}
