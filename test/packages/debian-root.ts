/**
 * A copy of this Debian system that only the test sees: a layer in memory above the machine's own files, in a mount
 * namespace of its own. What dpkg does there never reaches the machine, and is gone with the process that holds it.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ran {
  code: number | null;
  said: string;
}

/** The sentence that says why there cannot be one here, or false. */
export function lacksDebianRoot(): string | false {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg')) return 'there is no dpkg';
  if (process.getuid?.() !== 0) return 'only root may mount';
  const folder = mkdtempSync(join(tmpdir(), 'peerstor-debian-try-'));
  const tried = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', script], {
    env: { ...process.env, AT: folder, THEN: 'true' },
  });
  rmSync(folder, { recursive: true });
  return tried.status === 0 ? false : 'no layer above the file system can be mounted here';
}

const script = `
mount -t tmpfs tmpfs "$AT"
mkdir "$AT/upper" "$AT/work" "$AT/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$AT/upper,workdir=$AT/work" "$AT/root"
mount -t proc proc "$AT/root/proc"
mount --bind /dev "$AT/root/dev"
mkdir -p "$AT/root/given"
mount --bind "$AT.given" "$AT/root/given" 2>/dev/null || true
echo ready
exec $THEN
`;

export class DebianRoot {
  readonly #folder: string;
  readonly #holder: ChildProcess;

  private constructor(folder: string, holder: ChildProcess) {
    this.#folder = folder;
    this.#holder = holder;
  }

  static async make(): Promise<DebianRoot> {
    const folder = mkdtempSync(join(tmpdir(), 'peerstor-debian-'));
    mkdirSync(`${folder}.given`);
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', script], {
      env: { ...process.env, AT: folder, THEN: 'cat' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once('data', () => resolve());
      holder.once('exit', (code) => reject(new Error(`The layer could not be mounted (${code}).`)));
    });
    return new DebianRoot(folder, holder);
  }

  /** The words with which a program runs there. */
  words(...words: string[]): string[] {
    const { pid } = this.#holder;
    return ['nsenter', '--target', String(pid), '--mount', 'chroot', join(this.#folder, 'root'), ...words];
  }

  run(...words: string[]): Ran {
    const [program = '', ...rest] = this.words(...words);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', env });
    return { code: status, said: `${stdout}${stderr}` };
  }

  /** Folder of the machine that is `/given` there. */
  get given(): string {
    return `${this.#folder}.given`;
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.given, 'text'), text);
    execFileSync('nsenter', this.words('cp', '/given/text', path).slice(1));
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.stdin?.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
    rmSync(this.given, { recursive: true, force: true });
  }
}
