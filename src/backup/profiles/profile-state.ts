/**
 * A profile on this device: its choices and its access in HOME/backups/ID.json (mode 0600), with what has to be
 * remembered over a restart. No name of a file in the drive is in it.
 */
import type { BackupRunView } from '../../model/backups/backup-views.ts';
import { PeerstorError } from '../../model/errors.ts';
import { entryId, grantId, userId } from '../../model/ids.ts';
import type { Profile } from './profile.ts';

const format = 1;
const runsKept = 50;

/** Files that a run destroyed, or made unreadable, as far as a backup can see. */
export interface Loss {
  atMs: number;
  files: number;
}

export interface ProfileState {
  profile: Profile;
  /** A person paused it, or the brake did. */
  paused: boolean;
  /** Why the brake did: going on has to be agreed to. */
  braked: string | null;
  /** A person agreed; counts for the next run. */
  consent: boolean;
  losses: Loss[];
  /** When the drive was last compared with what was saved, Unix ms. */
  checkedAtMs: number;
  /** Newest first. */
  runs: BackupRunView[];
}

/** Where profiles are kept: files of a folder in the home, replaced whole. */
export interface ProfileFolder {
  names(): Promise<string[]>;
  read(name: string): Promise<string>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export function newState(profile: Profile): ProfileState {
  return { profile, paused: false, braked: null, consent: false, losses: [], checkedAtMs: 0, runs: [] };
}

export const fileNameOf = ({ id }: Profile): string => `${id}.json`;

export async function loadStates(
  folder: ProfileFolder,
): Promise<{ states: ProfileState[]; problems: string[] }> {
  const states: ProfileState[] = [];
  const problems: string[] = [];
  for (const name of (await folder.names()).sort()) {
    if (!/^[0-9a-f]{32}\.json$/.test(name)) continue;
    try {
      states.push(readState(await folder.read(name)));
    } catch (error) {
      problems.push(`The backup profile ${name} cannot be read: ${(error as Error).message}`);
    }
  }
  return { states, problems };
}

export async function saveState(folder: ProfileFolder, state: ProfileState): Promise<void> {
  const runs = state.runs.slice(0, runsKept).map((run) => ({ ...run, failed: [] }));
  await folder.write(fileNameOf(state.profile), `${JSON.stringify({ format, ...state, runs }, null, 2)}\n`);
}

/** @throws `bad-input` */
function readState(text: string): ProfileState {
  const stored: unknown = JSON.parse(text);
  if (!isStored(stored)) throw new PeerstorError('bad-input', 'it is no profile of this version of peerstor');
  const { profile, paused, braked, consent, losses, checkedAtMs, runs } = stored;
  entryId(profile.target);
  grantId(profile.grant);
  userId(profile.owner);
  // A run that was under way when the device ended.
  const ended = runs.map((run): BackupRunView => {
    if (run.state !== 'running') return run;
    return { ...run, state: 'stopped', sentence: 'The device ended while it ran; the next run goes on.' };
  });
  return { profile, paused, braked, consent, losses, checkedAtMs, runs: ended };
}

function isStored(value: unknown): value is ProfileState {
  if (typeof value !== 'object' || value === null) return false;
  if (!('format' in value && value.format === format && 'profile' in value && 'runs' in value)) return false;
  const { profile, runs } = value;
  const isProfile =
    typeof profile === 'object' && profile !== null && 'token' in profile && 'schedule' in profile;
  return isProfile && Array.isArray(runs) && 'losses' in value && Array.isArray(value.losses);
}
