/** Commands about accounts: your own and those of others. */
import { type Command, Option } from 'commander';
import { call, duration } from './call.ts';

const fromStdin = ['--password-stdin', 'read the password from standard input'] as const;
const roles = ['admin', 'member'];

export function addAccounts(program: Command): void {
  const account = () => import('../commands/account.ts');
  const setup = program
    .command('setup')
    .description('create a new network with its first account')
    .requiredOption('--user <name>', 'user name')
    .option(...fromStdin);
  call(setup, async () => (await account()).setup);
  const register = program
    .command('register')
    .argument('<code>', 'the code of an invite')
    .description('create an account with an invite')
    .requiredOption('--user <name>', 'user name')
    .option(...fromStdin);
  call(register, async () => (await account()).register);
  const login = program
    .command('login')
    .description('sign in')
    .requiredOption('--user <name>', 'user name')
    .option(...fromStdin)
    .option('--code <digits>', 'code of the authenticator app, if the account asks for one');
  call(login, async () => (await account()).login);
  const logout = program
    .command('logout')
    .description('sign out')
    .option('--everywhere', 'end all other sessions instead, and stay signed in here');
  addEnding(logout, { keepOne: true });
  call(logout, async () => (await account()).logout);
  const passwd = program
    .command('passwd')
    .description('change the password; all other sessions end, and access tokens that are not kept')
    .option('--password-stdin', 'read the old and the new password from standard input, a line each');
  addEnding(passwd, { keepOne: true });
  call(passwd, async () => (await account()).passwd);
  const recover = program
    .command('recover')
    .description('set a new password with the 24 words of the recovery code')
    .requiredOption('--user <name>', 'user name')
    .option('--password-stdin', 'read the words and the new password from standard input, a line each');
  addEnding(recover, { keepOne: false });
  call(recover, async () => (await account()).recover);
}

/** What ends beside the sessions. Before a sign-in nothing can be named. */
function addEnding(command: Command, { keepOne }: { keepOne: boolean }): void {
  if (keepOne) command.option('--keep-token <name...>', 'access token that is not revoked, by name or id');
  command.option('--keep-tokens', 'revoke no access token').option('--end-links', 'end all share links too');
}

export function addUsers(program: Command): void {
  const users = () => import('../commands/users.ts');
  const invite = program
    .command('invite')
    .description('create an invite with which somebody can create an account (admin)')
    .addOption(new Option('--role <role>', 'role of the new user').choices(roles).default('member'))
    .option('--quota <size>', 'storage quota, such as 50G')
    .option('--expires <duration>', 'time until the invite expires (default 7d)', duration);
  call(invite, async () => (await users()).invite);
  call(program.command('invites').description('list invites (admin)'), async () => (await users()).invites);
  call(
    program.command('uninvite').argument('<id>').description('withdraw an invite (admin)'),
    async () => (await users()).uninvite,
  );
  call(
    program.command('users').description('list the users of the network (admin)'),
    async () => (await users()).users,
  );
  const set = program
    .command('user')
    .description('change a user')
    .command('set')
    .argument('<name>')
    .description('change role, quota or access of a user (admin)')
    .addOption(new Option('--role <role>', 'role of the user').choices(roles))
    .option('--quota <size>', 'storage quota, such as 50G, or none')
    .addOption(new Option('--disable', 'the user can no longer sign in').conflicts('enable'))
    .option('--enable', 'the user can sign in again');
  call(set, async () => (await users()).setUser);
}
