/** nginx with its WebDAV module, on loopback without TLS: it encrypts nothing and syncs nothing. */
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../test/chaos/links.ts';
import { until } from '../../test/support/until.ts';
import { httpCalls } from './http-peer.ts';
import { isThere, type Peer, runWith, syncPath, treeCpuSeconds } from './peer.ts';

/** @returns a sentence where it cannot be had */
export async function startNginx(folder: string): Promise<Peer | string> {
  if (!(await isThere('nginx'))) return 'nginx: not installed (apt-get install nginx-full).';
  const root = join(folder, 'files');
  await mkdir(root, { recursive: true });
  await mkdir(join(folder, 'body'));
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(config, settings(folder, port));
  const child = spawn('nginx', ['-p', folder, '-c', config, '-e', join(folder, 'error.log')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: runWith,
  });
  let ended: string | undefined;
  child.once('error', () => (ended = 'nginx: it did not start.'));
  child.once('exit', (code) => (ended = `nginx: it ended with ${code}; has it the module http_dav?`));
  const base = `http://127.0.0.1:${port}/`;
  await until('nginx answers', async () => ended !== undefined || (await answers(base)));
  if (ended !== undefined) return ended;
  return {
    name: 'nginx WebDAV',
    ...httpCalls({ base, headers: [], scratch: join(folder, 'curl') }),
    sync: (path, wholeFileSystem) => syncPath(join(root, path), wholeFileSystem),
    forget: (path) => rm(join(root, path), { recursive: true, force: true }),
    cpu: () => treeCpuSeconds(child.pid ?? 0),
    async stop() {
      child.kill('SIGTERM');
      await until('nginx ended', async () => ended !== undefined);
    },
  };
}

async function answers(base: string): Promise<boolean> {
  return fetch(base).then(
    () => true,
    () => false,
  );
}

function settings(folder: string, port: number): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${user}
daemon off;
worker_processes 2;
pid ${folder}/nginx.pid;
events { worker_connections 128; }
http {
  access_log off;
  sendfile on;
  client_max_body_size 0;
  client_body_temp_path ${folder}/body;
  keepalive_requests 100000;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
    dav_methods PUT DELETE MKCOL;
    create_full_put_path on;
  }
}
`;
}
