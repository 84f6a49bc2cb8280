/** recovery …: who may help one back in without password and words, and how they do. */
import type { DeviceView, Page, UserView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import type {
  RecoveryRequestsView,
  RecoveryRequestView,
  RecoveryStateView,
  TrusteesView,
} from '../../model/views/recovery.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { called, onlyOne } from '../lookup.ts';
import { formatTime, printJson, printLine, printTable } from '../terminal/output.ts';
import { readPassword, readSecrets, readWords } from '../terminal/prompt.ts';
import { signIn } from './account.ts';

interface PasswordOptions extends GlobalOptions {
  passwordStdin?: boolean;
}
interface NameOptions extends PasswordOptions {
  person?: string[];
  device?: string[];
  needed: number;
  /** Milliseconds. */
  wait: number;
}
interface HereOptions extends GlobalOptions {
  /** As this device, not as who is signed in. */
  here?: boolean;
}

const trusteesPath = '/api/v1/auth/trustees';
const requestsPath = '/api/v1/auth/recovery-requests';
const herePath = '/api/v1/recovery-requests';
const hourMs = 3_600_000;

export async function trustees(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const answer = await client.json<{ trustees: TrusteesView | null }>(trusteesPath);
  if (options.json) return printJson(answer);
  if (!answer.trustees)
    return printLine('Nobody is named: "peerstor recovery name" names people and devices.');
  printTrustees(answer.trustees);
}

export async function nameTrustees(options: NameOptions): Promise<void> {
  const client = await Client.connect(options);
  const { person = [], device = [], needed, wait } = options;
  const { items } =
    device.length > 0
      ? await client.json<Page<DeviceView>>('/api/v1/devices')
      : { items: [] as DeviceView[] };
  const devices = device.map((which) => onlyOne(called(items, which), 'device', which).id);
  const password = await readPassword(options);
  const json = { password, users: person, devices, needed, waitHours: wait / hourMs };
  const answer = await client.json<{ trustees: TrusteesView }>(trusteesPath, { method: 'PUT', json });
  if (options.json) return printJson(answer);
  printTrustees(answer.trustees);
}

export async function forgetTrustees(options: PasswordOptions): Promise<void> {
  const client = await Client.connect(options);
  const password = await readPassword(options);
  await client.done(trusteesPath, { method: 'DELETE', json: { password } });
  if (options.json) return printJson({ trustees: null });
  printLine('Nobody is named any more. Only your password and the 24 words open your account.');
}

export async function recoveryRequests({ here, ...options }: HereOptions): Promise<void> {
  const client = await Client.connect(options);
  if (here) {
    const page = await client.json<Page<RecoveryRequestView>>(herePath, { as: 'local' });
    return options.json ? printJson(page) : printRequests(page.items);
  }
  const view = await client.json<RecoveryRequestsView>(requestsPath);
  if (options.json) return printJson(view);
  printRequests([...view.own, ...view.others]);
  const open = view.own.filter(({ stopped }) => !stopped);
  if (open.length > 0) {
    printLine();
    printLine('Somebody asked to be let into YOUR account. If it was not you: peerstor recovery stop ID');
  }
}

export async function helpRecovery(which: string, { here, ...options }: HereOptions): Promise<void> {
  const client = await Client.connect(options);
  const as = here ? ({ as: 'local' } as const) : {};
  const { items } = here
    ? await client.json<Page<RecoveryRequestView>>(herePath, as)
    : { items: (await client.json<RecoveryRequestsView>(requestsPath)).others };
  const { id } = onlyOne(called(items, which), 'request', which);
  const path = `${here ? herePath : requestsPath}/${id}/help`;
  const helped = await client.json<RecoveryRequestView>(path, { ...as, method: 'POST' });
  if (options.json) return printJson(helped);
  printLine(`You helped ${helped.username}: ${helped.given} of ${helped.needed}.`);
}

export async function stopRecovery(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { own } = await client.json<RecoveryRequestsView>(requestsPath);
  const { id } = onlyOne(called(own, which), 'request', which);
  await client.done(`${requestsPath}/${id}/stop`, { method: 'POST' });
  if (options.json) return printJson({ stopped: id });
  printLine('The request is stopped: nobody is let in by it.');
}

export async function askRecovery(options: GlobalOptions & { user: string }): Promise<void> {
  const client = await Client.connect(options);
  const asked = await client.json<{ claim: string; checkWords: string }>(requestsPath, {
    as: 'none',
    method: 'POST',
    json: { username: options.user },
  });
  if (options.json) return printJson(asked);
  printLine('If this account has people or devices who help, they are asked now. Call them, and tell them');
  printLine(`these words, which they must see too:   ${asked.checkWords}`);
  printLine();
  printLine('Write down these 12 words. Only they finish the request, on any of your devices:');
  printLine(`  ${asked.claim}`);
  printLine();
  printLine('When enough have helped: peerstor recovery finish');
}

export async function finishRecovery(options: PasswordOptions): Promise<void> {
  const client = await Client.connect(options);
  const [claim, newPassword] = await readSecrets(
    ['The 12 words of the request', 'New password'] as const,
    options,
  );
  try {
    const { user } = await signIn(client, `${requestsPath}/finish`, {
      as: 'none',
      json: { claim, newPassword },
    });
    if (options.json) return printJson({ user });
    printLine(`Welcome back, ${user.username}. Your password has been changed, and you are signed in here.`);
  } catch (error) {
    throw await withState(client, claim, error);
  }
}

export async function testRecoveryCode(options: GlobalOptions & { wordsStdin?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const recoveryCode = await readWords(options);
  await client.done('/api/v1/auth/recovery-code/test', { method: 'POST', json: { recoveryCode } });
  if (options.json)
    return printJson({ user: (await client.json<{ user: UserView }>('/api/v1/auth/me')).user });
  printLine('These are your recovery words. Keep them where they are.');
}

/** A refusal, with how many helped so far where that is known. */
async function withState(client: Client, claim: string, error: unknown): Promise<unknown> {
  if (!(error instanceof PeerstorError) || error.code !== 'not-ready') return error;
  const state = { as: 'none', method: 'POST', json: { claim } } as const;
  const { given, needed } = await client.json<RecoveryStateView>(`${requestsPath}/state`, state);
  const helped = needed === null ? 'Nobody has helped yet' : `${given} of ${needed} have helped`;
  return new PeerstorError('not-ready', `${helped}. Call the others, and try again.`, { cause: error });
}

function printTrustees({ needed, waitHours, trustees: named }: TrusteesView): void {
  printTable(
    ['WHO', 'KIND', 'CAN HELP'],
    named.map(({ name, kind, present }) => [name, kind === 'user' ? 'person' : kind, present ? 'yes' : 'no']),
  );
  printLine();
  printLine(`Any ${needed} of them together can let you in, ${waitHours} h after they were asked.`);
}

function printRequests(requests: readonly RecoveryRequestView[]): void {
  if (requests.length === 0) return printLine('Nobody asks for help.');
  printTable(
    ['ACCOUNT', 'CHECK WORDS', 'ASKED', 'AT', 'HELP FROM', 'HELPED', 'STATE', 'ID'],
    requests.map((one) => [
      one.username,
      one.checkWords,
      formatTime(one.createdAt),
      one.device,
      one.helpFrom === null ? '' : formatTime(one.helpFrom),
      `${one.given} of ${one.needed}`,
      one.stopped ? 'over' : 'open',
      one.id.slice(0, 8),
    ]),
  );
}
