/** setup, login, logout. */
import type { UserView } from '../../model/api.ts';
import { Client, type GlobalOptions } from '../client.ts';
import { printJson, printLine } from '../output.ts';
import { readPassword } from '../prompt.ts';

interface AccountOptions extends GlobalOptions {
  user: string;
  passwordStdin?: boolean;
}

export async function setup(options: AccountOptions): Promise<void> {
  const client = await Client.connect(options);
  const password = await readPassword({ ...options, twice: true });
  const answer = await client.send('/api/v1/setup', {
    method: 'POST',
    as: 'local',
    json: { username: options.user, password },
  });
  await client.keepSession(answer, options.user);
  const { user, recoveryCode } = (await answer.body
    .toArray()
    .then((pieces) => JSON.parse(Buffer.concat(pieces).toString()))) as {
    user: UserView;
    recoveryCode: string;
  };
  if (options.json) return printJson({ user, recoveryCode });
  printLine(`Welcome, ${user.username}. You are signed in here.`);
  printLine();
  printLine('Recovery code. Write it down and keep it away from your devices: it is shown only now, and it');
  printLine('is the only way back to your files if you forget the password.');
  printLine();
  const words = recoveryCode.split(' ');
  for (let at = 0; at < words.length; at += 6) printLine(`  ${words.slice(at, at + 6).join(' ')}`);
  printLine();
  printLine('Next: "peerstor pair" here, then "peerstor join CODE" on your next device.');
}

export async function login(options: AccountOptions): Promise<void> {
  const client = await Client.connect(options);
  const password = await readPassword(options);
  const answer = await client.send('/api/v1/auth/login', {
    method: 'POST',
    as: 'none',
    json: { username: options.user, password },
  });
  await client.keepSession(answer, options.user);
  answer.body.resume();
  if (options.json) return printJson({ username: options.user });
  printLine(`Signed in as ${options.user}.`);
}

export async function logout(options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  await client.send('/api/v1/auth/logout', { method: 'POST' }).then((answer) => answer.body.resume());
  await client.forgetSession();
  if (options.json) return printJson({ signedIn: false });
  printLine('Signed out.');
}
