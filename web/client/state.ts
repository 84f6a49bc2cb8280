/** What the whole page shares: who is signed in, what the device is, the queue, the feed. */
import { computed, signal } from '@preact/signals-core';
import type { DeviceView, HealthView, SetupView, UserView } from '../../src/model/api.ts';
import { api } from './api.ts';
import { EventFeed } from './events.ts';
import { sayFailure, silence, unsayAbout } from './messages.ts';
import { forgetOtherPages, learnOtherPages } from './network/other-pages.ts';
import { passkeys } from './passkeys.ts';
import { ApiError } from './request.ts';
import { driveAddresses, sendTo } from './uploads/send.ts';
import { findUnfinished, forgetUnfinished, foundAgain } from './uploads/unfinished.ts';
import { UploadQueue } from './uploads/upload-queue.ts';
import { forgetWords, type KeptWords, keepWords, keptWords } from './words/recovery-words.ts';
import { broughtBy } from './words/setup-link.ts';

/** `unknown` until the first answer; then where the person has to begin. */
export type Stage =
  | 'unknown'
  | 'setup'
  /** A pairing code was brought to a device that has a network: it says where the code goes. */
  | 'pair-guide'
  | 'login'
  /** The password is forgotten: the recovery words set a new one. */
  | 'recover'
  | 'register'
  /** The account is made; its recovery words are not confirmed yet. */
  | 'recovery'
  /** The first account of a network: its device is named, and lends space. */
  | 'lend'
  | 'drive'
  | 'unreachable';

export const stage = signal<Stage>('unknown');
export const user = signal<UserView | undefined>(undefined);
/** Changes when somebody else signs in, or nobody is any more. */
export const userId = computed(() => user.value?.id);
export const setupState = signal<SetupView | undefined>(undefined);
export const devices = signal<DeviceView[]>([]);
export const health = signal<HealthView | undefined>(undefined);
export const uploads = new UploadQueue(sendTo(driveAddresses), { onAdded: foundAgain });
/** Rises with each answer about the network. */
export const healthRevision = signal(0);
/** Rises when entries, or how many copies they have, may have changed anywhere. */
export const entriesRevision = signal(0);

/** Devices of the network, removed ones left out. */
export const memberCount = computed(
  () => devices.value.filter((device) => device.state !== 'removed').length,
);

const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
export const feed = new EventFeed(`${scheme}://${location.host}/api/v1/events`);
feed.listen(({ topic }) => {
  if (topic === 'entries') entriesRevision.value += 1;
  if (topic === 'devices' || topic === 'health') void refreshNetwork();
  if (topic === 'devices') void learnPages();
});
feed.liveness.subscribe((liveness) => {
  if (liveness === 'live') unsayAbout(silence);
});

/** Finds out where to begin. */
export async function begin(): Promise<void> {
  try {
    const setup = await api.setupState();
    setupState.value = setup;
    if (setup.needed) {
      stage.value = 'setup';
      return;
    }
    if (location.pathname === '/register') {
      stage.value = 'register';
      return;
    }
    if (location.pathname === '/setup' && broughtBy(location.hash).pairingCode !== '') {
      stage.value = 'pair-guide';
      return;
    }
    const { user: signedIn } = await api.session();
    if (signedIn === null) {
      stage.value = 'login';
      return;
    }
    user.value = signedIn;
    // Their page was loaded again before they were confirmed: they are shown again.
    const words = keptWords(signedIn.id);
    if (words === undefined) enterDrive();
    else showWords(words);
  } catch {
    stage.value = 'unreachable';
  }
}

/** Of the account that was just made, until the person has confirmed that they are written down. */
export const recoveryWords = signal('');

let isFounding = false;

/**
 * An account was made: its words come first, and stay until they are confirmed.
 * @param isFirst of the network: the device is asked about next
 */
export function accountMade(made: { user: UserView; recoveryCode: string }, isFirst = false): void {
  user.value = made.user;
  history.replaceState(null, '', '/');
  const kept = { words: made.recoveryCode, isFirst };
  keepWords(made.user.id, kept);
  showWords(kept);
}

function showWords({ words, isFirst }: KeptWords): void {
  isFounding = isFirst;
  recoveryWords.value = words;
  stage.value = 'recovery';
}

export function wordsConfirmed(): void {
  recoveryWords.value = '';
  forgetWords();
  if (isFounding) stage.value = 'lend';
  else enterDrive();
}

export function enterDrive(): void {
  stage.value = 'drive';
  // Whoever signs in again after their session ended has them in the queue still.
  if (user.value && uploads.items.length === 0) findUnfinished(user.value.id);
  feed.start();
  void refreshNetwork();
  void learnPages();
}

/** Learns where else the drive is; what fails keeps what was known. */
async function learnPages(): Promise<void> {
  try {
    const [{ items }, topology] = await Promise.all([api.devices(), api.topology()]);
    learnOtherPages(items, topology);
  } catch {
    // The device went, or the session: both are said elsewhere.
  }
}

/** @throws ApiError `totp-required` where a code is asked for, too */
export async function signIn(username: string, password: string, code?: string): Promise<void> {
  enterAs((await api.login(username, password, code)).user);
}

/** Signs in as the owner of a passkey. */
export async function signInByPasskey(): Promise<void> {
  enterAs((await passkeys.signIn()).user);
}

function enterAs(signedIn: UserView): void {
  // A session that ended may be begun again and its uploads go on, but in nobody else's drive.
  if (user.value?.id !== signedIn.id) uploads.abandon();
  user.value = signedIn;
  enterDrive();
}

export function forgotPassword(): void {
  stage.value = 'recover';
}

export function backToLogin(): void {
  stage.value = 'login';
}

/** @throws ApiError `wrong-password` for words of another account */
export async function recoverAccount(
  username: string,
  words: string,
  newPassword: string,
  keepTokens: boolean,
): Promise<void> {
  const { user: recovered } = await api.recover(username, words, newPassword, keepTokens);
  if (user.value?.id !== recovered.id) uploads.abandon();
  user.value = recovered;
  enterDrive();
}

export async function signOut(): Promise<void> {
  await api.logout().catch(() => undefined);
  feed.stop();
  uploads.abandon();
  forgetUnfinished();
  forgetOtherPages();
  user.value = undefined;
  stage.value = 'login';
}

/** The device knows this session no more: whoever is here signs in again; uploads wait for them. */
export function sessionEnded(): void {
  if (stage.value === 'drive') stage.value = 'login';
}

const copiesOf = (view: HealthView) => JSON.stringify(view.chunks.byCopies);
/** While files are being copied this changes every second; lists need not follow so closely. */
const copiesGatherMs = 2000;
let copiesGathering = false;

function copiesChanged(): void {
  if (copiesGathering) return;
  copiesGathering = true;
  setTimeout(() => {
    copiesGathering = false;
    entriesRevision.value += 1;
    void uploads.followSafety(async (entryId) => (await api.entry(entryId)).safety);
  }, copiesGatherMs);
}

/** Devices and health; what fails keeps what was shown. */
export async function refreshNetwork(): Promise<void> {
  try {
    const view = await api.health();
    healthRevision.value += 1;
    if (health.value && copiesOf(view) !== copiesOf(health.value)) copiesChanged();
    health.value = view;
    devices.value = view.devices;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) sessionEnded();
  }
}

/** Runs what a person asked for; a failure becomes a message. Resolves to whether it worked. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) sessionEnded();
    sayFailure(error as Error);
    return false;
  }
}
