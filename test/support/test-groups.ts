/**
 * Light test files share a process: starting one and loading the code costs most of them more than their tests. Files
 * that start processes, browsers or whole simulated networks (`isSlow`) have one of their own.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSlow } from './test-sets.ts';

export const filesMax = 24;

/** What one process runs: one file, or a group of files of one room. */
export interface TestJob {
  /** The file, or the name of the group; stable, so that its time can be remembered. */
  name: string;
  files: readonly string[];
}

/** @param files paths from the top of the checkout; the order of the jobs follows their order. */
export function jobsOf(files: readonly string[]): TestJob[] {
  const alone = files.filter(isSlow).map((file) => ({ name: file, files: [file] }));
  const rooms = new Map<string, string[]>();
  for (const file of files.filter((each) => !isSlow(each))) {
    const room = file.split('/')[1] ?? '';
    rooms.set(room, [...(rooms.get(room) ?? []), file]);
  }
  return [...alone, ...[...rooms].flatMap(([room, members]) => groupsOf(room, members))];
}

/** Equal parts of at most `filesMax` files. */
function groupsOf(room: string, members: readonly string[]): TestJob[] {
  const count = Math.ceil(members.length / filesMax);
  const length = Math.ceil(members.length / count);
  return Array.from({ length: count }, (_, index) => ({
    name: `${room}-${index + 1}`,
    files: members.slice(index * length, (index + 1) * length),
  }));
}

/**
 * Makes a job a file that Node's runner can start.
 * @param root the checkout, with a slash at its end
 * @param folder where the modules that load groups are written
 * @returns the path of the job's file
 */
export function startFileOf(job: TestJob, root: string, folder: string): string {
  const [only] = job.files;
  if (job.files.length === 1 && only !== undefined) return resolve(root, only);
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${job.name}.test.mjs`;
  const loader = new URL('load-test-files.ts', import.meta.url).pathname;
  const words = [root, job.files, noteOf(job, folder)].map((each) => JSON.stringify(each));
  writeFileSync(path, `import { loadTestFiles } from '${loader}';\nloadTestFiles(${words.join(', ')});\n`);
  return path;
}

/** Which file a group was at when its process ended: a process that dies tells nobody. */
export function fileAt(job: TestJob, folder: string): string {
  return job.files.length === 1 ? job.name : `${job.name}, at ${readFileSync(noteOf(job, folder), 'utf8')}`;
}

function noteOf(job: TestJob, folder: string): string {
  return `${folder}/${job.name}.at`;
}
