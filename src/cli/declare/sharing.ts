/** Commands about links, people and programs that may reach entries. */
import { type Command, Option } from 'commander';
import { call, duration, rightsChoices, wholeNumber } from './call.ts';

const rights = (flags = '--rights <rights>') => new Option(flags, 'what they may do').choices(rightsChoices);

export function addSharing(program: Command): void {
  const sharing = () => import('../commands/sharing.ts');
  const share = program
    .command('share')
    .argument('<path>')
    .description('make a link for people without an account')
    .option('--expires <duration>', 'such as 12h, 7d or never (default 7d)', duration)
    .option('--password-stdin', 'read a password for the link from standard input')
    .option('--max-downloads <count>', 'how often it may be used', wholeNumber)
    .option('--note <text>', 'a note for yourself')
    .addOption(rights().default('view'));
  call(share, async () => (await sharing()).share);
  call(program.command('shares').description('links that you made'), async () => (await sharing()).shares);
  call(
    program.command('unshare').argument('<id>', 'id or address of the link').description('end a link'),
    async () => (await sharing()).unshare,
  );
  const access = program
    .command('access')
    .argument('<path>')
    .description('who else may reach an entry; gives or takes access')
    .option('--user <name>', 'user to share it with')
    .addOption(rights().default('view'))
    .addOption(new Option('--remove <name>', 'user who may not any more').conflicts('user'));
  call(access, async () => (await sharing()).access);
  call(
    program.command('shared').description('what others shared with you'),
    async () => (await sharing()).shared,
  );
}

export function addTokens(program: Command): void {
  const tokens = () => import('../commands/tokens.ts');
  const token = program.command('token').description('access tokens for programs');
  const create = token
    .command('create')
    .description('make a token; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(rights().default('edit'))
    .option('--path <path>', 'the file or folder that it opens', '/')
    .option('--expires <duration>', 'such as 30d (default never)', duration);
  call(create, async () => (await tokens()).createToken);
  call(
    token.command('revoke').argument('<id>').description('end a token'),
    async () => (await tokens()).revokeToken,
  );
  call(program.command('tokens').description('access tokens'), async () => (await tokens()).tokens);
}
