/** Commands about share links, access of other users, and access tokens. */
import { type Command, Option } from 'commander';
import { call, duration, rightsChoices, wholeNumber } from './call.ts';

const rights = (flags = '--rights <rights>') => new Option(flags, 'what is permitted').choices(rightsChoices);

export function addSharing(program: Command): void {
  const sharing = () => import('../commands/sharing.ts');
  const share = program
    .command('share')
    .argument('<path>')
    .description('create a share link for people without an account')
    .option('--expires <duration>', 'such as 12h, 7d or never (default 7d)', duration)
    .option('--password-stdin', 'read a password for the link from standard input')
    .option('--max-downloads <count>', 'how many times the link may be used', wholeNumber)
    .option('--note <text>', 'a note for yourself')
    .addOption(rights().default('view'));
  call(share, async () => (await sharing()).share);
  call(program.command('shares').description('list your share links'), async () => (await sharing()).shares);
  call(
    program
      .command('unshare')
      .argument('<id>', 'id or address of the link')
      .description('revoke a share link'),
    async () => (await sharing()).unshare,
  );
  const access = program
    .command('access')
    .argument('<path>')
    .description('list, grant or revoke access of other users to an entry')
    .option('--user <name>', 'user to share it with')
    .addOption(rights().default('view'))
    .addOption(new Option('--remove <name>', 'user whose access is revoked').conflicts('user'));
  call(access, async () => (await sharing()).access);
  call(
    program.command('shared').description('list what others shared with you'),
    async () => (await sharing()).shared,
  );
}

export function addTokens(program: Command): void {
  const tokens = () => import('../commands/tokens.ts');
  const token = program.command('token').description('manage access tokens for programs');
  const create = token
    .command('create')
    .description('create an access token; it is shown once')
    .requiredOption('--name <name>', 'what the token is for')
    .addOption(rights().default('edit'))
    .option('--path <path>', 'file or folder that the token opens', '/')
    .option('--expires <duration>', 'such as 30d (default never)', duration);
  call(create, async () => (await tokens()).createToken);
  call(
    token.command('revoke').argument('<id>').description('revoke an access token'),
    async () => (await tokens()).revokeToken,
  );
  call(program.command('tokens').description('list access tokens'), async () => (await tokens()).tokens);
}
