/** Commands about accounts: one's own, and those of others. */
import { type Command, Option } from 'commander';
import { call, duration } from './call.ts';

const fromStdin = ['--password-stdin', 'read the password from standard input'] as const;
const roles = ['admin', 'member'];

export function addAccounts(program: Command): void {
  const account = () => import('../commands/account.ts');
  const setup = program
    .command('setup')
    .description('make a new network with its first account')
    .requiredOption('--user <name>', 'user name')
    .option(...fromStdin);
  call(setup, async () => (await account()).setup);
  const register = program
    .command('register')
    .argument('<code>', 'the code of an invite')
    .description('make the account that an invite is for')
    .requiredOption('--user <name>', 'user name')
    .option(...fromStdin);
  call(register, async () => (await account()).register);
  const login = program
    .command('login')
    .description('sign in')
    .requiredOption('--user <name>', 'user name')
    .option(...fromStdin);
  call(login, async () => (await account()).login);
  const logout = program
    .command('logout')
    .description('sign out')
    .option('--everywhere', 'end all other sessions instead, and stay signed in here');
  call(logout, async () => (await account()).logout);
  const passwd = program
    .command('passwd')
    .description('change the password; all other sessions end')
    .option('--password-stdin', 'read the old and the new password from standard input, a line each');
  call(passwd, async () => (await account()).passwd);
  const recover = program
    .command('recover')
    .description('set a new password with the 24 words of the recovery code')
    .requiredOption('--user <name>', 'user name')
    .option('--password-stdin', 'read the words and the new password from standard input, a line each');
  call(recover, async () => (await account()).recover);
}

export function addUsers(program: Command): void {
  const users = () => import('../commands/users.ts');
  const invite = program
    .command('invite')
    .description('make a code with which somebody can make an account (admin)')
    .addOption(new Option('--role <role>', 'what they will be').choices(roles).default('member'))
    .option('--quota <size>', 'bytes that they may keep, such as 50G')
    .option('--expires <duration>', 'how long the code is good for (default 7d)', duration);
  call(invite, async () => (await users()).invite);
  call(
    program.command('invites').description('invites that were made (admin)'),
    async () => (await users()).invites,
  );
  call(
    program.command('uninvite').argument('<id>').description('withdraw an invite (admin)'),
    async () => (await users()).uninvite,
  );
  call(
    program.command('users').description('users of the network (admin)'),
    async () => (await users()).users,
  );
  const set = program
    .command('user')
    .description('change a user')
    .command('set')
    .argument('<name>')
    .description('change role, quota or access of a user (admin)')
    .addOption(new Option('--role <role>', 'what they are').choices(roles))
    .option('--quota <size>', 'bytes that they may keep, such as 50G, or none')
    .addOption(new Option('--disable', 'they cannot sign in any more').conflicts('enable'))
    .option('--enable', 'they can sign in again');
  call(set, async () => (await users()).setUser);
}
