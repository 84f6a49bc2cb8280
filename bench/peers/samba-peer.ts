/** Samba with encrypted SMB3 on loopback, used through smbclient. It syncs nothing before it answers. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { freePort } from '../../test/chaos/links.ts';
import { until } from '../../test/support/until.ts';
import { isThere, type Peer, runWith, syncPath, treeCpuSeconds } from './peer.ts';

const password = 'of no use to anybody';
const user = 'root';

/** @returns a sentence where it cannot be had */
export async function startSamba(folder: string): Promise<Peer | string> {
  for (const command of ['smbd', 'smbpasswd', 'smbclient']) {
    if (!(await isThere(command)))
      return `Samba: ${command} is not installed (apt-get install samba smbclient).`;
  }
  if (process.getuid?.() !== 0) return 'Samba: its server runs only as root.';
  const root = join(folder, 'files');
  await mkdir(root, { recursive: true });
  const state = join(folder, 'state');
  await mkdir(state, { mode: 0o700 });
  await chmod(folder, 0o755);
  const port = await freePort();
  const config = join(folder, 'smb.conf');
  await writeFile(config, settings(folder, port));
  await finish('smbpasswd', ['-c', config, '-a', '-s', user], `${password}\n${password}\n`);
  const child = spawn('smbd', ['--foreground', '--no-process-group', '-s', config, '-l', state], {
    stdio: 'ignore',
    env: runWith,
    // It ends its whole group with itself, and that must not be the bench.
    detached: true,
  });
  let ended: string | undefined;
  child.once('error', () => (ended = 'Samba: smbd did not start.'));
  child.once('exit', (code) => (ended = `Samba: smbd ended with ${code}.`));
  const login = join(folder, 'login');
  await writeFile(login, `username = ${user}\npassword = ${password}\n`, { mode: 0o600 });
  const client = async (commands: readonly string[]) => {
    const words = ['//127.0.0.1/files', '-p', `${port}`, '-A', login, '-s', config];
    await finish(
      'smbclient',
      [...words, '--client-protection=encrypt', '-E'],
      `${commands.join('\n')}\nquit\n`,
    );
  };
  await until('smbd answers', async () => {
    return (
      ended !== undefined ||
      (await client(['pwd']).then(
        () => true,
        () => false,
      ))
    );
  });
  if (ended !== undefined) return ended;
  return {
    name: 'Samba, encrypted',
    up: (file, path) => client([`put "${file}" "${path}"`]),
    down: (path) => client([`get "${path}" /dev/null`]),
    async upFolders(folders, path) {
      await client([`mkdir ${path}`]);
      await Promise.all(
        folders.map((folder) => {
          const name = basename(folder);
          return client([
            `mkdir ${path}/${name}`,
            `cd ${path}/${name}`,
            `lcd "${folder}"`,
            'prompt off',
            'mput *',
          ]);
        }),
      );
    },
    async downFolders(folders, path, into) {
      await Promise.all(
        folders.map(async (folder) => {
          const name = basename(folder);
          await mkdir(join(into, name));
          await client([`cd ${path}/${name}`, `lcd "${join(into, name)}"`, 'prompt off', 'mget *']);
        }),
      );
    },
    sync: (path, wholeFileSystem) => syncPath(join(root, path), wholeFileSystem),
    forget: (path) => rm(join(root, path), { recursive: true, force: true }),
    cpu: () => treeCpuSeconds(child.pid ?? 0),
    async stop() {
      child.kill('SIGTERM');
      await until('smbd ended', async () => ended !== undefined);
    },
  };
}

/** Runs a program to its end. @throws with what it said when it fails, or says that something failed */
function finish(command: string, args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: runWith });
    let said = '';
    child.stdout.on('data', (text) => (said = `${said}${text}`.slice(-2000)));
    child.stderr.on('data', (text) => (said = `${said}${text}`.slice(-2000)));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0 && !/NT_STATUS_/.test(said)) resolve();
      else reject(new Error(`${command} failed: ${said}`));
    });
    child.stdin.end(input);
  });
}

function settings(folder: string, port: number): string {
  const state = join(folder, 'state');
  const folders = [
    'private dir',
    'lock directory',
    'state directory',
    'cache directory',
    'pid directory',
    'ncalrpc dir',
  ];
  return `[global]
  server role = standalone server
  smb ports = ${port}
  interfaces = 127.0.0.1
  bind interfaces only = yes
  server smb encrypt = required
  passdb backend = tdbsam:${state}/passdb.tdb
${folders.map((name) => `  ${name} = ${state}`).join('\n')}
  log file = ${state}/log
  disable netbios = yes
  load printers = no
[files]
  path = ${folder}/files
  read only = no
  valid users = ${user}
`;
}
