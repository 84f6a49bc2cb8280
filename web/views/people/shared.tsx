import { useState } from 'preact/hooks';
import type { GivenAccessView, SharedEntryView, ShareView } from '../../../src/model/api.ts';
import { api } from '../../client/api.ts';
import { say } from '../../client/messages.ts';
import { mayDo, rightsWords, sharing } from '../../client/sharing.ts';
import { attempt, entriesRevision, uploads } from '../../client/state.ts';
import { newVersion } from '../../client/uploads/send.ts';
import { formatAgo, formatFullTime, formatSize } from '../../client/words/format.ts';
import { CopyField } from '../../components/form/copy-field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { UploadButton } from '../../components/upload/upload-button.tsx';
import { type PlainPhrase, t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';
import { EndLinkDialog } from './end-link.tsx';

/** What others shared with this user, and the links that this user gave away. */
export function SharedView() {
  const revision = entriesRevision.value;
  const shared = useQuery(async () => (await sharing.sharedWithMe()).items, [], revision);
  const given = useQuery(async () => (await sharing.given()).items, [], revision);
  const links = useQuery(async () => (await sharing.links()).items, [], revision);
  const [ending, setEnding] = useState<ShareView | null>(null);
  return (
    <>
      <h1>{t('Shared with me')}</h1>
      <Rows
        label={t('Shared with me')}
        count={shared.answer?.length}
        error={shared.error}
        empty={t('Nothing has been shared with you yet.')}
      >
        {shared.answer?.map((item) => (
          <SharedRow key={item.entry.id} {...item} />
        ))}
      </Rows>
      <h2>{t('Shared with people')}</h2>
      <Rows
        label={t('Shared with people')}
        count={given.answer?.length}
        error={given.error}
        empty={t(
          'You have shared nothing with other users. To do so, choose Share in the menu of a file or folder.',
        )}
      >
        {given.answer?.map((access) => (
          <GivenRow
            key={`${access.entryId} ${access.username}`}
            access={access}
            onTaken={() => void given.reload()}
          />
        ))}
      </Rows>
      <h2>{t('My links')}</h2>
      <Rows
        label={t('My links')}
        count={links.answer?.length}
        error={links.error}
        empty={t('You have no links. To create one, choose Share in the menu of a file or folder.')}
      >
        {links.answer?.map((link) => (
          <LinkRow key={link.id} link={link} onEnd={() => setEnding(link)} />
        ))}
      </Rows>
      {ending && <EndLinkDialog link={ending} onClose={() => setEnding(null)} onEnded={links.reload} />}
    </>
  );
}

function SharedRow({ entry, owner, rights, sharedAt }: SharedEntryView) {
  const facts = t('Shared by {owner} {ago} · you {rights}', {
    owner,
    ago: formatAgo(sharedAt),
    rights: t(rightsWords[rights]),
  });
  if (entry.kind === 'folder') {
    return <Row icon="folder" title={<a href={`/drive/${entry.id}`}>{entry.name}</a>} facts={facts} />;
  }
  const link = (
    <a href={api.contentUrl(entry)} download title={t('Download {name}', { name: entry.name })}>
      {entry.name}
    </a>
  );
  const replace = (files: FileList | null) => {
    const file = files?.[0];
    if (file) uploads.add([newVersion(entry, file)]);
  };
  return (
    <Row icon="file" title={link} facts={`${formatSize(entry.size)} · ${facts}`}>
      {mayDo(entry).replace && <UploadButton single label={t('Upload a new version')} onFiles={replace} />}
    </Row>
  );
}

function GivenRow({ access, onTaken }: { access: GivenAccessView; onTaken(): void }) {
  const { entryId, entryName, username, rights, grantedAt } = access;
  const name = entryName ?? t('a deleted entry');
  const take = () =>
    attempt(async () => {
      await sharing.takeAccess(entryId, username);
      say(t('{username} can no longer open “{name}”.', { username, name }), {
        undo: () => void attempt(() => sharing.giveAccess(entryId, username, rights).then(onTaken)),
      });
      onTaken();
    });
  return (
    <Row
      icon="users"
      title={<strong>{name}</strong>}
      facts={t('{username} {rights} · since {ago}', {
        username,
        rights: t(rightsWords[rights]),
        ago: formatFullTime(grantedAt),
      })}
    >
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('Remove access of {username} to {name}', { username, name })}
        onClick={() => void take()}
      >
        <Icon name="close" />
      </button>
    </Row>
  );
}

const stateWords: Readonly<Record<ShareView['state'], PlainPhrase>> = {
  live: 'live^link',
  expired: 'expired',
  revoked: 'ended',
  'used-up': 'used up',
};

function LinkRow({ link, onEnd }: { link: ShareView; onEnd(): void }) {
  const { entryName, rights, expiresAt, downloads, maxDownloads, hasPassword, state } = link;
  const name = entryName ?? t('a deleted entry');
  const facts = [
    t(rightsWords[rights]),
    expiresAt === null ? t('never expires') : t('expires {at}', { at: formatFullTime(expiresAt) }),
    maxDownloads === null
      ? t('{count} {count|download|downloads}', { count: downloads })
      : t('{downloads} of {max} downloads used', { downloads, max: maxDownloads }),
    ...(hasPassword ? [t('password')] : []),
  ].join(' · ');
  return (
    <Row icon="share" title={<strong>{name}</strong>} facts={facts}>
      <span class={`badge ${state === 'live' ? 'ok' : ''}`}>{t(stateWords[state])}</span>
      {state === 'live' && (
        <>
          <CopyField bare label={t('Link to {name}', { name })} text={link.url} />
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={t('End the link to {name}', { name })}
            onClick={onEnd}
          >
            <Icon name="close" />
          </button>
        </>
      )}
    </Row>
  );
}
