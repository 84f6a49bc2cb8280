/** setup, register, login, logout, passwd, recover: one's own account. */
import type { UserView } from '../../model/api.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type Ask, Client, type GlobalOptions } from '../client/client.ts';
import { chooseEnding, type EndingOptions, endingFrom } from '../client/ending.ts';
import { printJson, printLine } from '../terminal/output.ts';
import { askCode, readPassword, readSecrets } from '../terminal/prompt.ts';

interface PasswordOptions extends GlobalOptions {
  passwordStdin?: boolean;
}
interface AccountOptions extends PasswordOptions {
  user: string;
}
interface NewAccount {
  user: UserView;
  recoveryCode: string;
}

export async function setup(options: AccountOptions): Promise<void> {
  const client = await Client.connect(options);
  const password = await readPassword({ ...options, twice: true });
  const show = options.json ? printAccount : welcome;
  await begin<NewAccount>(
    client,
    '/api/v1/setup',
    { as: 'local', json: { username: options.user, password } },
    show,
  );
  if (options.json) return;
  printLine('Next: "peerstor pair" here, then "peerstor join CODE" on your next device.');
}

export async function register(code: string, options: AccountOptions): Promise<void> {
  const client = await Client.connect(options);
  const password = await readPassword({ ...options, twice: true });
  // People paste the whole link as often as the code at its end.
  const invite = code.slice(code.lastIndexOf('#') + 1);
  const show = options.json ? printAccount : welcome;
  const json = { invite, username: options.user, password };
  await begin<NewAccount>(client, '/api/v1/auth/register', { as: 'none', json }, show);
}

export async function login(options: AccountOptions & { code?: string }): Promise<void> {
  const client = await Client.connect(options);
  const password = await readPassword(options);
  const send = (code: string | undefined) => {
    const json = { username: options.user, password, ...(code && { code }) };
    return signIn(client, '/api/v1/auth/login', { as: 'none', json });
  };
  try {
    await send(options.code);
  } catch (error) {
    const code = isPeerstorError(error, 'totp-required') ? await askCode() : undefined;
    if (code === undefined) throw error;
    await send(code);
  }
  if (options.json) return printJson({ username: options.user });
  printLine(`Signed in as ${options.user}.`);
}

export async function logout(
  options: GlobalOptions & EndingOptions & { everywhere?: boolean },
): Promise<void> {
  const client = await Client.connect(options);
  if (options.everywhere) {
    const { json, tell, outcome } = await chooseEnding(client, options);
    await signIn(client, '/api/v1/auth/sign-out-everywhere', { json });
    if (options.json) return printJson({ signedIn: true, ...outcome });
    printLine('All other sessions have ended. You are still signed in here.');
    return tell();
  }
  await client.done('/api/v1/auth/logout', { method: 'POST' });
  await client.forgetSession();
  if (options.json) return printJson({ signedIn: false });
  printLine('Signed out.');
}

export async function passwd(options: PasswordOptions & EndingOptions): Promise<void> {
  const client = await Client.connect(options);
  const [oldPassword, newPassword] = await readSecrets(['Old password', 'New password'], options);
  const ending = await chooseEnding(client, options);
  const json = { oldPassword, newPassword, ...ending.json };
  const { user } = await signIn(client, '/api/v1/auth/password', { json });
  if (options.json) return printJson({ user, ...ending.outcome });
  printLine('Your password has been changed. All other sessions have ended.');
  ending.tell();
}

export async function recover(options: AccountOptions & EndingOptions): Promise<void> {
  const client = await Client.connect(options);
  const [recoveryCode, newPassword] = await readSecrets(['The 24 words', 'New password'], options);
  const json = { username: options.user, recoveryCode, newPassword, ...endingFrom(options) };
  const { user } = await signIn(client, '/api/v1/auth/recover', { as: 'none', json });
  if (options.json) return printJson({ user });
  printLine(`Welcome back, ${user.username}. Your password has been changed, and you are signed in here.`);
}

/** Signs in, and keeps the session. */
export function signIn(client: Client, path: string, ask: Ask): Promise<{ user: UserView }> {
  return begin<{ user: UserView }>(client, path, ask, () => undefined);
}

/**
 * Sends what begins a session, and keeps the session.
 * @param show comes first: what is given only once must be seen even if this home cannot be written
 */
async function begin<Shape extends { user: UserView; proof?: string }>(
  client: Client,
  path: string,
  ask: Ask,
  show: (answer: Shape) => void,
): Promise<Shape> {
  const answer = await client.send(path, { ...ask, method: 'POST' });
  const pieces = await answer.body.toArray();
  const body = JSON.parse(Buffer.concat(pieces).toString()) as Shape;
  show(body);
  await client.keepSession(answer, body.user.username, body.proof);
  return body;
}

/** The proof stays in the credentials. */
function printAccount({ user, recoveryCode }: NewAccount): void {
  printJson({ user, recoveryCode });
}

function welcome({ user, recoveryCode }: NewAccount): void {
  printLine(`Welcome, ${user.username}. You are signed in here.`);
  printLine();
  printLine('Recovery code. Write it down and keep it away from your devices. It is the only way');
  printLine(
    'back to your files if you forget the password; while you know it, the settings show the words again.',
  );
  printLine();
  const words = recoveryCode.split(' ');
  for (let at = 0; at < words.length; at += 6) printLine(`  ${words.slice(at, at + 6).join(' ')}`);
  printLine();
}
